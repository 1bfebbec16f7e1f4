// Package local runs a private PostgreSQL and a private Redis beside the
// program, for development and for tests, and issues the certificates that
// serve HTTPS on localhost. Both servers listen on a unix socket in a directory
// that is closed to everybody else; nothing is opened on the network and no
// server that already runs on the machine is touched. For tests of larger
// installations there are clusters of them, some of which need ports of 127.0.0.1.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Error is a failure that the person at the keyboard can repair: What says what
// is wrong in one sentence and Fix what to type.
type Error struct {
	What, Fix string
	Detail    string // more lines, such as the end of a server's log
	Err       error  // the cause, which may be one of the Err… values below
}

func (e *Error) Error() string {
	s := e.What
	if e.Fix != "" {
		s += ". Fix: " + e.Fix
	}
	if e.Detail != "" {
		s += "\n" + e.Detail
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// The kinds of Error, for errors.Is.
var (
	// ErrNotInstalled means that the server's program was not found.
	ErrNotInstalled = errors.New("not installed")
	// ErrVersion means that the server found is too old, or older or newer than its data.
	ErrVersion = errors.New("wrong version")
	// ErrInUse means that another running process holds the directory.
	ErrInUse = errors.New("directory in use")
	// ErrNotStarted means that the server ended or stayed silent while it started.
	ErrNotStarted = errors.New("did not start")
)

// Process is a server that this program started. It lives until Stop is called
// or it dies by itself; a crash of this program leaves it running, and the next
// start on the same directory stops it first.
type Process struct {
	name    string
	url     string
	socket  string // of a Redis
	home    *home
	cmd     *exec.Cmd
	signals []syscall.Signal // how to ask for the end, ever more firmly

	exited chan struct{} // closed when the process is gone
	died   chan error
	asked  chan struct{} // closed when Stop was called
	once   sync.Once
	result error
}

// URL tells clients how to connect.
func (p *Process) URL() string { return p.url }

// Dir is where the server keeps its data, its socket and its log. It differs
// from the directory asked for when that one could not hold them.
func (p *Process) Dir() string { return p.home.dir }

// Done receives one error if the server ends without having been asked to.
func (p *Process) Done() <-chan error { return p.died }

// Stop ends the server and waits until it is gone. Open connections are cut and
// committed data is kept. A second call does nothing but wait.
func (p *Process) Stop() error {
	p.once.Do(func() {
		close(p.asked)
		p.result = p.end()
		p.home.release()
	})
	return p.result
}

// Crash ends the server with one signal, such as SIGQUIT for PostgreSQL's
// immediate mode, and waits until it is gone. The next start on its directory
// finds what a crash leaves behind. After it, Stop does nothing.
func (p *Process) Crash(s syscall.Signal) error {
	p.once.Do(func() {
		close(p.asked)
		p.signals = []syscall.Signal{s}
		p.result = p.end()
		p.home.release()
	})
	return p.result
}

func (p *Process) end() error {
	for _, s := range p.signals {
		_ = p.cmd.Process.Signal(s) // fails only when the process is gone, which exited says
		select {
		case <-p.exited:
			return nil
		case <-time.After(stopGrace):
		}
	}
	return fmt.Errorf("%s (process %d) does not end", p.name, p.cmd.Process.Pid)
}

// stopGrace is how long each signal may take before the next, firmer one.
const stopGrace = 10 * time.Second

// launch starts cmd in h with its output in the log. The server gets a session
// of its own, so that Ctrl-C in the terminal reaches us and not the server: it
// must outlive the requests that still use it.
func launch(h *home, name string, cmd *exec.Cmd, signals ...syscall.Signal) (*Process, error) {
	log, err := h.openLog(name)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the child has its own handle; nothing was written through this one
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.dir, log, log
	cmd.Env = cleanEnviron()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: h.owner.credential()}
	p := &Process{
		name: name, home: h, cmd: cmd, signals: append(signals, syscall.SIGKILL),
		exited: make(chan struct{}), died: make(chan error, 1), asked: make(chan struct{}),
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go p.wait()
	return p, nil
}

func (p *Process) wait() {
	_ = p.cmd.Wait() // how it ended stands in ProcessState
	close(p.exited)
	select {
	case <-p.asked:
	default:
		p.died <- &Error{
			What:   fmt.Sprintf("%s ended unexpectedly (%v)", p.name, p.cmd.ProcessState),
			Fix:    "read its log " + p.home.log(p.name) + " and start again; the data is kept",
			Detail: p.home.logTail(p.name),
		}
	}
}

// ready polls try until it succeeds, the server ends or ctx is done. The error
// carries the end of the server's log, which is where the reason stands.
func (p *Process) ready(ctx context.Context, try func(context.Context) error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		last := try(ctx)
		if last == nil {
			return nil
		}
		failure := &Error{Fix: "read its log " + p.home.log(p.name), Err: ErrNotStarted}
		select {
		case <-tick.C:
			continue
		case <-p.exited:
			failure.What = fmt.Sprintf("%s did not start (%v)", p.name, p.cmd.ProcessState)
		case <-ctx.Done():
			failure.What = fmt.Sprintf("%s did not answer in time (%v)", p.name, last)
			failure.Err = fmt.Errorf("%w: %w", ErrNotStarted, ctx.Err())
		}
		failure.Detail = p.home.logTail(p.name)
		return failure
	}
}

// cleanEnviron drops what would steer a server from outside, such as PGPORT or
// a locale that the machine does not have.
func cleanEnviron() []string {
	env := []string{"LC_ALL=C", "LANG=C"}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PG") && !strings.HasPrefix(e, "LC_") && !strings.HasPrefix(e, "LANG") {
			env = append(env, e)
		}
	}
	return env
}

// say writes one line about something worth knowing, if anybody listens.
func say(w io.Writer, format string, args ...any) {
	if w != nil {
		_, _ = fmt.Fprintf(w, format+"\n", args...)
	}
}
