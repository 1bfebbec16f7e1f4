package expression

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/vm/runtime"
)

// What one expression may use. The language itself bounds the lists it makes; these
// bound how long it goes round and what becomes large in one step.
const (
	maxNodes    = 2000
	maxTurns    = 1_000_000       // of all its loops
	maxMade     = 64 << 20        // bytes of texts and lists that it makes on its way
	maxParts    = 1_000_000       // of a value that it gives or compares
	maxDepth    = 200             // of such a value
	maxValue    = 16 << 20        // bytes of texts within it
	maxSearch   = 500_000_000     // length of a text times that of the program its pattern is
	maxPattern  = 1000            // characters
	maxPatterns = 20              // that are kept
	maxTime     = 5 * time.Second // whatever it does
)

// ErrBounds is within the error of an expression that was stopped.
var ErrBounds = errors.New("the expression was stopped")

func stop(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBounds, fmt.Sprintf(format, args...))
}

// guard counts what one expression uses while it runs.
type guard struct {
	turns    int
	made     int
	until    time.Time
	patterns map[string]pattern
}

// within returns what is known, and the guards.
func (g *guard) within(known map[string]any) map[string]any {
	g.until = time.Now().Add(maxTime) //nolint:forbidigo // of this machine, for a moment
	env := make(map[string]any, len(known)+len(guards))
	for k, v := range known {
		env[k] = v
	}
	env[turning] = func(args ...any) any {
		if g.turns++; g.turns > maxTurns {
			panic(stop("it goes round more than %d times", maxTurns))
		}
		g.time()
		return args[0]
	}
	env[spending] = func(args ...any) any { return g.spend(args[0]) }
	env[showing] = func(args ...any) any { return bounded(args[0]) }
	env[equating] = func(args ...any) any { return g.compared(args[0]) }
	env[adding] = func(args ...any) any { return g.add(args[0], args[1]) }
	env[searching] = func(args ...any) any { return g.search(args[0], args[1]) }
	env[calling] = func(args ...any) any { return g.call(args[0].(string), slices.Clone(args[1:])) }
	return env
}

func (g *guard) time() {
	if time.Now().After(g.until) { //nolint:forbidigo // see above
		panic(stop("it takes longer than %d seconds", int(maxTime.Seconds())))
	}
}

// take counts bytes that are about to be made.
func (g *guard) take(bytes int) {
	if bytes < 0 || bytes > maxMade || g.made+bytes > maxMade {
		panic(stop("it makes more than %d MiB on its way", maxMade>>20))
	}
	g.made += bytes
}

// spend counts what was made.
func (g *guard) spend(v any) any {
	switch v := v.(type) {
	case nil, bool, int, float64:
	case string:
		g.take(len(v))
	default:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Slice || r.Kind() == reflect.Map {
			g.take(32 * r.Len())
		}
	}
	return v
}

// compared counts what is within a value as turns, since each part is looked at.
func (g *guard) compared(v any) any {
	switch v.(type) {
	case []any, map[string]any:
		w, err := weigh(v)
		if err != nil {
			panic(err)
		}
		if g.turns += w.parts; g.turns > maxTurns {
			panic(stop("it compares more than %d values", maxTurns))
		}
	}
	return v
}

func (g *guard) add(a, b any) any {
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			g.take(len(x) + len(y))
		}
	}
	return runtime.Add(a, b)
}

// search is what "matches" does, of patterns that end in bounded time.
func (g *guard) search(text, pattern any) any {
	if runtime.IsNil(text) || runtime.IsNil(pattern) {
		return false
	}
	s, p := text.(string), pattern.(string)
	pt := g.pattern(p)
	if pt.size*max(len(s), 1) > maxSearch {
		panic(stop("the pattern is too large for a text of %d bytes", len(s)))
	}
	g.time()
	return pt.MatchString(s)
}

// pattern is one that was read, and how much there is to it.
type pattern struct {
	*regexp.Regexp

	size int
}

func (g *guard) pattern(p string) pattern {
	if pt, ok := g.patterns[p]; ok {
		return pt
	}
	if len(p) > maxPattern {
		panic(stop("a pattern has at most %d characters", maxPattern))
	}
	tree, err := syntax.Parse(p, syntax.Perl)
	if err != nil {
		panic(err)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		panic(err)
	}
	re, err := regexp.Compile(p)
	if err != nil {
		panic(err)
	}
	if len(g.patterns) >= maxPatterns || g.patterns == nil {
		g.patterns = map[string]pattern{}
	}
	g.patterns[p] = pattern{re, len(program.Inst)}
	return g.patterns[p]
}

// call calls a built-in function.
func (g *guard) call(name string, args []any) any {
	g.time()
	if slices.Contains(deep, name) {
		for _, arg := range args {
			w, err := weigh(arg)
			if err != nil {
				panic(err)
			}
			g.take((8+2*w.depth)*w.parts + w.bytes)
		}
	}
	text := func(i int) string {
		if i >= len(args) {
			return ""
		}
		s, _ := args[i].(string)
		return s
	}
	switch name {
	case "uniq":
		if list, ok := args[0].([]any); ok {
			return g.uniq(list)
		}
	case "repeat":
		if len(args) == 2 {
			g.take(len(text(0)) * max(0, min(runtime.ToInt(args[1]), maxMade+1)))
		}
	case "replace":
		g.take((strings.Count(text(0), text(1)) + 1) * len(text(2)))
	case "join":
		if r := reflect.ValueOf(args[0]); r.Kind() == reflect.Slice {
			g.take(r.Len() * len(text(1)))
			w, err := weigh(args[0])
			if err != nil {
				panic(err)
			}
			g.take(w.bytes)
		}
	case "split", "splitAfter":
		g.take(16 * (strings.Count(text(0), text(1)) + 1))
	case "fromJSON":
		g.take(8 * len(text(0)))
	}
	out, err := apply(builtin.Builtins[builtin.Index[name]], args)
	if err != nil {
		panic(err)
	}
	return g.spend(out)
}

// uniq is the built-in of this name in a time that grows with its list and not
// with its square.
func (g *guard) uniq(list []any) any {
	out, seen, others := []any{}, map[any]bool{}, []any(nil)
next:
	for _, v := range list {
		var key any
		switch v := v.(type) {
		case nil, bool, string, float64:
			key = v
		case int:
			key = float64(v)
		default:
			for _, o := range others {
				g.compared(o)
				if runtime.Equal(v, o) {
					continue next
				}
			}
			others = append(others, v)
			out = append(out, v)
			continue
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, v)
		}
	}
	return g.spend(out)
}

func apply(f *builtin.Function, args []any) (any, error) {
	switch {
	case f.Func != nil:
		return f.Func(args...)
	case f.Safe != nil:
		out, _, err := f.Safe(args...)
		return out, err //nolint:wrapcheck // says it all
	default:
		if len(args) != 1 {
			return nil, fmt.Errorf("invalid number of arguments (expected 1, got %d)", len(args))
		}
		return f.Fast(args[0]), nil
	}
}

// reason is what an error says after that the expression was stopped.
func reason(err error) string {
	_, why, _ := strings.Cut(firstLine(err), ErrBounds.Error()+": ")
	why, _, _ = strings.Cut(why, " (")
	return why
}
