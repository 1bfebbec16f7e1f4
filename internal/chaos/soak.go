package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/torture"
)

// soak is the story of an installation that is used for long, while now and then
// everything is killed but one server and one worker, which go on: what they hold
// is looked at whenever nothing was killed for a while.
type soak struct {
	*life

	cycle   time.Duration // how long nothing is killed, and how long everything is, in turn
	steady  []steady
	windows []window
	struck  int

	before, after map[string]holding // at rest, by process

	mu    sync.Mutex
	reads []answered
	pings []answered
}

// steady is a process that is not killed.
type steady struct{ name, address string }

// answered is how long an answer took, and when it came.
type answered struct {
	At   time.Time
	Took time.Duration
}

// window is a time in which nothing was killed, as it was towards its end.
type window struct {
	From, Until time.Time
	Held        map[string]holding // by process
	Connections float64            // of PostgreSQL, of all processes together
}

// holding is what a process holds.
type holding struct {
	Goroutines float64
	RSS        float64 // bytes
	Files      float64
}

// LeastCycles is how many cycles it takes to tell growth from a beginning; every other one is looked at.
const LeastCycles = 12

// looksIn is how often a window is looked at; of what was seen the median counts.
const looksIn = 5

// Soak uses an installation for o.For, while everything is killed in every other o.Cycle;
// tells what became of each promise, and returns whether all hold.
func Soak(ctx context.Context, o Options, told func(torture.Result)) (bool, error) {
	if o.Cycle <= 0 || o.For < LeastCycles*o.Cycle || len(o.Program) == 0 {
		return false, fmt.Errorf("chaos: give a program, and time for %d cycles", LeastCycles)
	}
	if o.KillEvery == 0 {
		o.KillEvery = 2 * time.Second
	}
	s := &soak{cycle: o.Cycle}
	var err error
	if s.life, err = newLife(ctx, o); err != nil {
		return false, err
	}
	defer s.close()
	began := time.Now()
	if err := s.run(ctx); err != nil {
		return false, errors.Join(err, s.lastWords())
	}
	kept, err := s.gather(ctx)
	if err != nil {
		return false, err
	}
	took := time.Since(began)
	good := hold([]promise[*soak]{
		{"S1", "who went on has no more goroutines when it is over than before it began", func(s *soak) (string, error) {
			return s.rested("goroutines", 32, func(h holding) float64 { return h.Goroutines })
		}},
		{"S2", "nor more open files", func(s *soak) (string, error) {
			return s.rested("files", 32, func(h holding) float64 { return h.Files })
		}},
		{"S3", "and its memory did not grow under load", (*soak).remembered},
		{"S4", "PostgreSQL has no more connections", (*soak).connected},
		{"S5", "the slowest hundredth of answers is no slower", (*soak).asFast},
	}, s, took, told)
	return kept.hold(took, told) && good, nil
}

// run is the whole story. There is load all the time.
func (s *soak) run(ctx context.Context) error {
	if err := s.read(ctx, func(c *pgx.Conn) error { return c.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&s.marks.Began) }); err != nil {
		return err
	}
	if err := s.stay(ctx); err != nil {
		return err
	}
	var err error
	if s.before, err = s.atRest(ctx); err != nil {
		return err
	}
	loaded, stop := context.WithCancel(ctx)
	defer stop()
	over := s.load(loaded, ctx)
	over.during(loaded, func() error { return s.look(ctx) })
	for until := time.Now().Add(s.For); err == nil && !over.failed() && time.Now().Before(until); {
		if err = s.rest(ctx); err == nil {
			err = s.strikes(ctx)
		}
	}
	stop()
	if err = errors.Join(err, over.wait(), ctx.Err()); err != nil {
		return err
	}
	s.say("the load has ended; what is left comes to its end")
	if err := errors.Join(s.heal(ctx), s.drain(ctx), s.runs.drain(ctx)); err != nil {
		return err
	}
	s.say("nothing is asked for a while, so that idle connections end")
	time.Sleep(s.For / 15) // two minutes of half an hour: beyond what they are kept for
	s.after, err = s.atRest(ctx)
	return err
}

// atRest returns what those that are not killed hold while there is nothing to do.
func (s *soak) atRest(ctx context.Context) (map[string]holding, error) {
	s.api.http.CloseIdleConnections() // each holds a file and two goroutines of the server
	time.Sleep(5 * time.Second)
	all := map[string]holding{}
	for _, p := range s.steady {
		h, err := s.holds(ctx, p)
		if err != nil {
			return nil, err
		}
		all[p.name] = h
	}
	return all, nil
}

// stay starts those that are not killed.
func (s *soak) stay(ctx context.Context) error {
	if err := s.anotherServer(ctx, "steady-server"); err != nil {
		return err
	}
	all := s.addresses.list()
	worker := free(ctx)
	s.workers = append(s.workers, s.start("steady-worker", []string{"PATCHBAY_WORK_LISTEN=" + worker}, "work"))
	s.steady = []steady{{"server", all[len(all)-1]}, {"worker", worker}}
	return s.ready(ctx, worker)
}

// strikes kills one thing after the other for a cycle.
func (s *soak) strikes(ctx context.Context) error {
	until := time.Now().Add(s.cycle)
	for ctx.Err() == nil && time.Now().Before(until) {
		time.Sleep(s.KillEvery)
		s.struck++
		b := blow{From: time.Now()}
		err := s.strike(s.struck)
		b.Until = time.Now()
		s.runs.mu.Lock()
		s.runs.blows = append(s.runs.blows, b)
		s.runs.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return ctx.Err() //nolint:wrapcheck // the caller's own
}

// rest kills nothing for a cycle, and looks at those that go on in its second half.
func (s *soak) rest(ctx context.Context) error {
	from := time.Now()
	w := window{From: from.Add(s.cycle / 4), Held: map[string]holding{}}
	seen := map[string][]holding{}
	var connections []float64
	for i := range looksIn {
		time.Sleep(time.Until(from.Add(s.cycle/2 + time.Duration(i+1)*s.cycle/(2*looksIn))))
		for _, p := range s.steady {
			h, err := s.holds(ctx, p)
			if err != nil {
				return err
			}
			seen[p.name] = append(seen[p.name], h)
		}
		var n float64
		if err := s.read(ctx, func(c *pgx.Conn) error {
			return c.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").Scan(&n)
		}); err != nil {
			return err
		}
		connections = append(connections, n)
	}
	w.Until, w.Connections = time.Now(), median(connections)
	for name, all := range seen {
		w.Held[name] = holding{
			Goroutines: medianOf(all, func(h holding) float64 { return h.Goroutines }), RSS: medianOf(all, func(h holding) float64 { return h.RSS }),
			Files: medianOf(all, func(h holding) float64 { return h.Files }),
		}
	}
	s.windows = append(s.windows, w)
	a, b, taken := w.Held["server"], w.Held["worker"], s.taken()
	accepts, reads, pings := s.slowest(w)
	s.say("%s: %d events, %d runs, %d tokens; server %.0f goroutines, %.0f MiB, %.0f files; worker %.0f, %.0f MiB, %.0f; %.0f connections; p99 of accepts %.0f ms, of reads %.0f ms, of nothing %.0f ms",
		time.Duration(len(s.windows))*2*s.cycle-s.cycle, taken.events, taken.runs, taken.tokens, a.Goroutines, a.RSS/(1<<20), a.Files, b.Goroutines, b.RSS/(1<<20), b.Files, w.Connections, accepts, reads, pings)
	return ctx.Err() //nolint:wrapcheck // the caller's own
}

// holds asks a process what it holds.
func (s *soak) holds(ctx context.Context, p steady) (h holding, err error) {
	status, body, err := s.api.send(ctx, http.MethodGet, "http://"+p.address+"/metrics", nil)
	if err != nil || status != http.StatusOK {
		return h, fmt.Errorf("metrics of the steady %s: %d, %w", p.name, status, err)
	}
	into := map[string]*float64{"go_goroutines": &h.Goroutines, "process_resident_memory_bytes": &h.RSS, "process_open_fds": &h.Files}
	for lines := bufio.NewScanner(strings.NewReader(string(body))); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if to := into[name]; to != nil {
			if *to, err = strconv.ParseFloat(value, 64); err != nil {
				return h, fmt.Errorf("metrics of the steady %s: %w", p.name, err)
			}
			delete(into, name)
		}
	}
	if len(into) > 0 {
		return h, fmt.Errorf("the steady %s does not say what it holds", p.name)
	}
	return h, nil
}

// look reads a list, as a console does; what is refused while something is killed is asked for again.
func (s *soak) look(ctx context.Context) error {
	n := int(s.sent.Add(1))
	lists := []string{"/v1/projects/{p}/deliveries?limit=50", "/v1/projects/{p}/events?limit=50", "/v1/projects/{p}/runs?limit=50", "/v1/connect/apps?limit=50"}
	path := strings.ReplaceAll(lists[n%len(lists)], "{p}", s.api.project)
	s.timed(ctx, &s.reads, n, path)
	s.timed(ctx, &s.pings, n, "/healthz")
	time.Sleep(50 * time.Millisecond)
	return nil
}

// timed notes how long an answer took, if it was a good one.
func (s *soak) timed(ctx context.Context, to *[]answered, server int, path string) {
	began := time.Now()
	if status, _, err := s.api.send(ctx, http.MethodGet, "http://"+s.addresses.at(server)+path, nil); err == nil && status == http.StatusOK {
		s.mu.Lock()
		*to = append(*to, answered{time.Now(), time.Since(began)})
		s.mu.Unlock()
	}
}
