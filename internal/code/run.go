package code

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

const (
	mostLine  = 16 << 20  // bytes of a value that is handed over
	mostLogs  = 256 << 10 // bytes of logs that are kept
	mostLines = 2000      // of them
	mostWrote = 8 << 20   // bytes after which the code is ended
)

// run starts a program and listens to it until its end or its timeout.
func (r *Runner) run(ctx context.Context, p Piece, prepare func(context.Context, Piece) (program, error)) (*runner.Result, error) {
	given, err := p.given()
	if err != nil {
		return nil, err
	}
	prog, err := prepare(ctx, p)
	if err != nil {
		return nil, err
	}
	t := &talk{res: &runner.Result{Exports: map[string]any{}}, now: r.Now}
	if prog.failure != nil {
		t.res.Failure = prog.failure
		runner.Redact(t.res, p.Secrets)
		return t.res, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	if err := t.listen(ctx, r, p, prog, given); err != nil {
		return nil, err
	}
	runner.Redact(t.res, p.Secrets)
	return t.res, nil
}

// talk is one run.
type talk struct {
	now func() time.Time

	mu     sync.Mutex
	res    *runner.Result
	logged int
	said   bool // the code told its own failure
	broken string
}

// The descriptors that every program has: its source, what it is given, and one to
// tell what came of it.
func (t *talk) listen(ctx context.Context, r *Runner, p Piece, prog program, given []byte) error {
	source, giveSource, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	input, giveInput, err1 := os.Pipe()
	heard, tell, err2 := os.Pipe()
	theirs, ours := []*os.File{source, input, tell}, []*os.File{giveSource, giveInput, heard}
	defer closeAll(ours)
	if err := errors.Join(err1, err2); err != nil {
		closeAll(theirs)
		return fmt.Errorf("make a pipe: %w", err)
	}
	limits := p.Limits
	if limits.OutputBytes == 0 {
		limits.OutputBytes = mostWrote
	}
	s := sandbox.Spec{Argv: prog.argv, Env: p.environment(), ReadOnly: prog.readOnly, Limits: limits, ExtraFiles: theirs, Tier: r.Tier}
	if r.Door != nil {
		s.Egress = &sandbox.Egress{Door: r.Door, Told: t.visited}
	}
	proc, err := r.Start(ctx, s)
	closeAll(theirs)
	if err != nil {
		return err
	}
	defer proc.Close()
	_ = proc.Stdin.Close()
	go pour(giveSource, []byte(p.Source))
	go pour(giveInput, given)
	var all sync.WaitGroup
	all.Go(func() { t.overhear("log", proc.Stdout) })
	all.Go(func() { t.overhear("error", proc.Stderr) })
	all.Go(func() { t.hear(heard, proc, p.Language) })
	exit := proc.Wait()
	// Who got away from a plain child may hold the pipes for ever.
	defer time.AfterFunc(2*time.Second, func() { _ = heard.Close(); proc.Close() }).Stop()
	all.Wait()
	t.end(ctx, exit, p.Timeout)
	return nil
}

func pour(to *os.File, text []byte) {
	_, _ = to.Write(text)
	_ = to.Close()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// line is what a program tells, each on a line of its own.
type line struct {
	Export string          `json:"export"`
	Value  json.RawMessage `json:"value"`
	Result json.RawMessage `json:"result"`
	Exit   *string         `json:"exit"`
	Error  *struct {
		Name, Message, Stack string
	} `json:"error"`
}

func (t *talk) hear(from io.Reader, proc *sandbox.Process, in Language) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, mostLine)
	for lines.Scan() {
		l, ok := parse(lines.Bytes(), in)
		if !ok {
			t.spoiled(proc, "The code wrote something else to where it hands over what it exports.")
			return
		}
		t.mu.Lock()
		t.take(l)
		t.mu.Unlock()
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		t.spoiled(proc, fmt.Sprintf("The code handed over more than %d MiB at once, and was ended.", mostLine>>20))
	}
}

// parse reads a line. In Bash it is name=value, with a value of JSON or else a text.
func parse(text []byte, in Language) (l line, ok bool) {
	if in != Bash {
		return l, json.Unmarshal(text, &l) == nil
	}
	name, value, _ := bytes.Cut(text, []byte("="))
	l.Export, l.Value = string(name), value
	if !json.Valid(value) {
		l.Value, _ = json.Marshal(string(value))
	}
	return l, true
}

func (t *talk) spoiled(proc *sandbox.Process, why string) {
	t.mu.Lock()
	t.broken = why
	t.mu.Unlock()
	proc.Kill()
}

func (t *talk) take(l line) {
	switch {
	case l.Error != nil:
		t.res.Failure = &runner.Failure{Name: l.Error.Name, Message: l.Error.Message, Stack: l.Error.Stack, Origin: "component"}
		switch {
		case l.Error.Name == "MemoryError": // of Python, which says no more
			t.res.Failure.Origin, t.res.Failure.Message = "memory", "The code used more memory than it may."
		case l.Error.Message == "":
			t.res.Failure.Message = "The code failed and did not say why."
		}
		t.said = true
	case l.Export != "":
		var v any
		_ = json.Unmarshal(l.Value, &v)
		t.res.Exports[l.Export] = v
	case l.Exit != nil:
		t.res.Exit = l.Exit
	case l.Result != nil:
		t.res.Value = append(json.RawMessage{}, l.Result...)
	}
}

// end words how the run came to its end.
func (t *talk) end(ctx context.Context, exit sandbox.Exit, timeout time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name, origin, why := "Error", "component", ""
	switch {
	case exit.Limit == sandbox.Time && errors.Is(ctx.Err(), context.DeadlineExceeded):
		name, origin, why = "Timeout", "timeout", fmt.Sprintf("It took longer than %s and was ended. What it did until then stays done.", timeout)
	case exit.Limit == sandbox.Time:
		name, origin, why = "Cancelled", "timeout", "It was ended before its time. What it did until then stays done."
	case t.broken != "":
		why = t.broken
	case exit.Limit == sandbox.Memory:
		origin, why = "memory", "The code used more memory than it may, and was ended."
	case exit.Limit == sandbox.CPU:
		why = "The code used more processor time than it may, and was ended."
	case exit.Limit == sandbox.Output:
		why = fmt.Sprintf("The code wrote more than it may, and was ended. Its first %d lines, or %d KiB, are kept.", mostLines, mostLogs>>10)
	default:
		t.res.Ended = true
		if exit.OK() || t.said {
			return
		}
		why = fmt.Sprintf("The code ended with the exit code %d.", exit.Code)
	}
	t.res.Failure = &runner.Failure{Name: name, Origin: origin, Message: why}
}

// overhear keeps what is written, line by line, up to so many bytes and lines.
func (t *talk) overhear(level string, from io.Reader) {
	for r := bufio.NewReaderSize(from, 64<<10); ; {
		text, _, err := r.ReadLine() // a line that is very long becomes several
		if err != nil {
			return
		}
		t.mu.Lock()
		if t.logged += len(text) + 1; t.logged <= mostLogs && len(t.res.Logs) < mostLines {
			t.res.Logs = append(t.res.Logs, runner.Log{Level: level, At: t.now(), Text: string(text)})
		}
		t.mu.Unlock()
	}
}

// visited writes where the code went, and where it was not let to, for who wonders why.
func (t *talk) visited(v sandbox.Visit) {
	at := v.Host
	if v.Port != 0 {
		at = fmt.Sprintf("%s:%d", v.Host, v.Port)
	}
	l := runner.Log{Level: "debug", At: v.At, Text: "connected to " + at}
	if v.Err != nil {
		l.Level, l.Text = "warn", fmt.Sprintf("%s was not reached: %s", at, runner.Refusal(v.Err))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.res.Logs) < mostLines {
		t.res.Logs = append(t.res.Logs, l)
	}
}
