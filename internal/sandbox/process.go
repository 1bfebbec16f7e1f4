package sandbox

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
)

// Process is a program that was started.
type Process struct {
	Stdin          io.WriteCloser
	Stdout, Stderr io.Reader

	cmd   *exec.Cmd
	left  atomic.Int64 // bytes of output
	most  int64        // of them, again after Renew
	files []*os.File   // our ends of its pipes
	free  func()       // what is let go of when it is over: gate, control group
	group func() bool  // reports whether its control group ran out of memory; nil = it has none

	mu   sync.Mutex
	why  Limit
	done chan struct{} // closed when exit is there
	exit Exit
}

// Limit is what ended a program before its own end.
type Limit string

// The limits that a program can run into. Of MemoryBytes it may also hear by an
// allocation that fails, which is then its own failure.
const (
	NoLimit Limit = ""
	Time    Limit = "time" // its context ended
	CPU     Limit = "cpu"
	Memory  Limit = "memory"
	Output  Limit = "output"
	Killed  Limit = "killed" // by Kill or Close
)

// Exit is how a program ended.
type Exit struct {
	Code  int // as it exited; 128 and the signal's number, if one ended it
	Limit Limit
}

// OK reports that the program ended by itself and is content.
func (e Exit) OK() bool { return e.Code == 0 && e.Limit == NoLimit }

// Wait waits for the end of the program; it may be called by several, and again.
func (p *Process) Wait() Exit {
	<-p.done
	return p.exit
}

// Done is closed when the program is over.
func (p *Process) Done() <-chan struct{} { return p.done }

// Pid is the number of the process that holds all others.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Renew lets the program write as much again as it might from the beginning, for
// one that is used several times.
func (p *Process) Renew() { p.left.Store(p.most) }

// Kill ends the program and all that it started, at once.
func (p *Process) Kill() { p.stop(Killed) }

// Close kills what still runs, waits for its end and lets go of its pipes.
func (p *Process) Close() Exit {
	p.Kill()
	exit := p.Wait()
	for _, f := range p.files {
		_ = f.Close()
	}
	return exit
}

func (p *Process) stop(why Limit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return
	default:
	}
	if p.why == NoLimit {
		p.why = why
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = p.cmd.Process.Kill()
}

// watch waits for the end, in a goroutine of its own.
func (p *Process) watch(ctx context.Context) {
	end := context.AfterFunc(ctx, func() { p.stop(Time) })
	err := p.cmd.Wait()
	end()
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // who stayed behind in its group
	p.exit = Exit{Code: code(err), Limit: p.why}
	if p.group != nil && p.group() && p.why == NoLimit {
		p.exit.Limit = Memory
	}
	if p.exit.Code == 128+int(syscall.SIGXCPU) && p.why == NoLimit {
		p.exit.Limit = CPU
	}
	close(p.done)
	go p.free() // which may have to wait for the last of its processes
}

func code(err error) int {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		if err != nil {
			return -1
		}
		return 0
	}
	if st, ok := exit.Sys().(syscall.WaitStatus); ok && st.Signaled() {
		return 128 + int(st.Signal())
	}
	return exit.ExitCode()
}

// output reads what the program writes, up to its limit.
type output struct {
	p *Process
	f *os.File
}

func (o *output) Read(b []byte) (int, error) {
	n, err := o.f.Read(b)
	if n > 0 && o.p.left.Add(-int64(n)) < 0 {
		o.p.stop(Output)
		return 0, ErrOutput
	}
	return n, err //nolint:wrapcheck // a reader is transparent
}

// pipes makes the pipes of a program, of which the command has the other ends.
func (p *Process) pipes() error {
	var theirs []*os.File
	for i := range 3 {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(append(theirs, p.files...))
			return err
		}
		if i == 0 {
			r, w = w, r // stdin: we write
		}
		p.files, theirs = append(p.files, r), append(theirs, w)
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs[0], theirs[1], theirs[2]
	p.Stdin, p.Stdout, p.Stderr = p.files[0], &output{p, p.files[1]}, &output{p, p.files[2]}
	return nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// started closes the ends of the pipes that are the program's.
func (p *Process) started() {
	for _, f := range []any{p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr} {
		if f, ok := f.(*os.File); ok {
			_ = f.Close()
		}
	}
}
