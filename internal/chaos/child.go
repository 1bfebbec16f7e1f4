package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is one process of the product, which is started again whenever it ends,
// as an operator's supervisor would.
type child struct {
	name    string
	command func(log *os.File) *exec.Cmd
	logFile string

	mu     sync.Mutex
	cmd    *exec.Cmd
	gone   chan struct{} // closed when cmd has ended
	held   bool          // it is not to be started now
	over   bool
	change chan struct{} // told when held or over change
	began  time.Time
	falls  []string // ends that were not ours, each with the last that the process said
	killed bool
}

// start runs a command of the product until end.
func (l *lab) start(name string, env []string, args ...string) *child {
	program := l.Program // of this moment
	c := &child{name: name, logFile: filepath.Join(l.dir, name+".log"), change: make(chan struct{}, 1)}
	c.command = func(log *os.File) *exec.Cmd {
		cmd := exec.Command(program[0], append(slices.Clone(program[1:]), args...)...) //nolint:noctx // it outlives what starts it: end ends it
		cmd.Env, cmd.Stdout, cmd.Stderr = append(append([]string{}, l.env...), env...), log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C in the terminal reaches us alone
		return cmd
	}
	go c.supervise()
	return c
}

func (c *child) supervise() {
	for {
		c.mu.Lock()
		if c.over {
			c.mu.Unlock()
			return
		}
		if c.held {
			c.mu.Unlock()
			<-c.change
			continue
		}
		gone, err := c.begin()
		c.mu.Unlock()
		if err == nil {
			<-gone
		}
		c.mu.Lock()
		if !c.killed {
			c.falls = append(c.falls, fmt.Sprintf("%s after %s: %s", c.name, time.Since(c.began).Round(time.Millisecond), c.lastWord()))
		}
		c.killed = false
		c.mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
}

// begin starts the process. The caller holds the lock.
func (c *child) begin() (gone chan struct{}, err error) {
	log, err := os.OpenFile(c.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err //nolint:wrapcheck // tried again
	}
	defer func() { _ = log.Close() }() // the process has a handle of its own
	cmd, gone := c.command(log), make(chan struct{})
	if err := cmd.Start(); err != nil {
		return nil, err //nolint:wrapcheck // tried again
	}
	c.cmd, c.gone, c.began = cmd, gone, time.Now()
	go func() {
		_ = cmd.Wait() // how it ended stands in ProcessState
		close(gone)
	}()
	return gone, nil
}

// lastWord is the last line of the process's log.
func (c *child) lastWord() string {
	b, err := os.ReadFile(c.logFile)
	if err != nil {
		return err.Error()
	}
	text := strings.TrimSpace(string(b))
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// kill ends the process at once, if there is one, and reports whether there was.
func (c *child) kill() bool {
	c.mu.Lock()
	cmd, gone := c.cmd, c.gone
	c.cmd = nil
	c.killed = cmd != nil
	c.mu.Unlock()
	if cmd == nil {
		return false
	}
	_ = cmd.Process.Kill()
	<-gone
	return true
}

// hold kills the process and starts none until release.
func (c *child) hold() {
	c.set(func() { c.held = true })
	c.kill()
}

func (c *child) release() { c.set(func() { c.held = false }) }

// end kills the process for good.
func (c *child) end() {
	c.set(func() { c.over, c.held = true, false })
	c.kill()
}

func (c *child) set(how func()) {
	c.mu.Lock()
	how()
	c.mu.Unlock()
	select {
	case c.change <- struct{}{}:
	default:
	}
}

// once runs one of the product's short commands and returns what it printed.
func (l *lab) once(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, l.Program[0], append(l.Program[1:], args...)...)
	var out, said bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = l.env, &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return out.String(), nil
}

// lastWords returns the ends of the processes' logs, or nil if they said nothing.
func (l *lab) lastWords() error {
	var all []error
	for _, c := range append(l.servers, l.workers...) {
		b, err := os.ReadFile(c.logFile)
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")
		if err == nil && lines[0] != "" {
			all = append(all, errors.New(c.name+"'s log ends with\n  "+strings.Join(lines[max(0, len(lines)-6):], "\n  ")))
		}
	}
	return errors.Join(all...)
}
