package torture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// WorkerMark is set in the environment of a worker.
const WorkerMark = "PATCHBAY_TORTURE_WORKER"

// process is a worker, as the lab has it.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan answer
	log   *buffer
	once  sync.Once
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p) //nolint:wrapcheck // never fails
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start runs a worker. Workers of one machine share a spool.
func (l *lab) start(ctx context.Context, change func(*setup)) (*process, error) {
	s := setup{
		DatabaseURL: l.databaseURL, RedisURL: l.RedisURL, MasterKey: l.masterKey, DemoURL: l.demoURL, SpoolDir: filepath.Join(l.dir, "spool"),
		Grace: l.grace, Project: l.scope.Project(), Environment: l.scope.Environment(), Name: l.scope.EnvironmentName(),
	}
	if change != nil {
		change(&s)
	}
	p := &process{lines: make(chan answer, 64), log: &buffer{}}
	p.cmd = exec.CommandContext(ctx, l.Worker[0], l.Worker[1:]...)
	p.cmd.Env = append(os.Environ(), WorkerMark+"=1")
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err //nolint:wrapcheck // says enough
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err //nolint:wrapcheck // says enough
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	l.procs = append(l.procs, p)
	go func() {
		defer close(p.lines)
		for scan := bufio.NewScanner(io.TeeReader(out, p.log)); scan.Scan(); {
			var a answer
			if json.Unmarshal(scan.Bytes(), &a) == nil {
				p.lines <- a
			}
		}
	}()
	if err := p.send(s); err != nil {
		return nil, err
	}
	_, err = p.read(ctx)
	return p, err
}

func (p *process) send(v any) error {
	if err := json.NewEncoder(p.in).Encode(v); err != nil {
		return fmt.Errorf("the worker does not listen: %w", err)
	}
	return nil
}

func (p *process) read(ctx context.Context) (answer, error) {
	select {
	case a, ok := <-p.lines:
		if !ok {
			return a, fmt.Errorf("the worker ended: %s", p.log)
		}
		if a.Error != "" {
			return a, errors.New(a.Error)
		}
		return a, nil
	case <-ctx.Done():
		return answer{}, fmt.Errorf("no word of the worker: %w", ctx.Err())
	}
}

// ask sends a command and returns what came of it.
func (p *process) ask(ctx context.Context, c command) (answer, error) {
	if err := p.send(c); err != nil {
		return answer{}, err
	}
	return p.read(ctx)
}

func (p *process) run(ctx context.Context, c command) error {
	_, err := p.ask(ctx, c)
	return err
}

// until has a worker do something and stand still at a step of a refresh.
func (p *process) until(ctx context.Context, step string, c command) error {
	if err := p.run(ctx, command{Do: "break", At: step}); err != nil {
		return err
	}
	a, err := p.ask(ctx, c)
	if err == nil && a.Reached != step {
		return fmt.Errorf("the worker did not come to the step %q", step)
	}
	return err
}

func (p *process) signal(s syscall.Signal) error {
	return p.cmd.Process.Signal(s) //nolint:wrapcheck // says enough
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
}

// traffic counts what the provider is asked.
type traffic struct {
	next http.Handler

	mu       sync.Mutex
	hold     chan struct{} // closed: token requests wait no longer before they are answered
	arrived  chan struct{}
	calls    map[string]int // of the token endpoint, by refresh token
	live     map[string]int
	overlaps int
	most     int // token requests at once
	now      int
	total    int
}

func (t *traffic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/oauth/token" {
		t.next.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	form, _ := url.ParseQuery(string(body))
	token := form.Get("refresh_token")
	r.Body = io.NopCloser(bytes.NewReader(body))
	if token == "" {
		t.next.ServeHTTP(w, r)
		return
	}
	t.mu.Lock()
	t.total++
	t.calls[token]++
	t.live[token]++
	t.now++
	t.most = max(t.most, t.now)
	if t.live[token] > 1 {
		t.overlaps++
	}
	hold, arrived := t.hold, t.arrived
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.live[token]--
		t.now--
	}()
	if hold != nil {
		select {
		case arrived <- struct{}{}:
		default:
		}
		<-hold
	}
	t.next.ServeHTTP(w, r)
}

// holdBack makes refreshes wait at the provider until release is called;
// arrived tells of the first.
func (t *traffic) holdBack() (arrived <-chan struct{}, release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	hold := make(chan struct{})
	t.hold, t.arrived = hold, make(chan struct{}, 1)
	return t.arrived, sync.OnceFunc(func() {
		t.mu.Lock()
		t.hold = nil
		t.mu.Unlock()
		close(hold)
	})
}

// count is how many refreshes the provider was asked for, the most for one
// token, and how many overlapped.
func (t *traffic) count() (total, most, overlaps int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.calls {
		most = max(most, n)
	}
	return t.total, most, t.overlaps
}

func (t *traffic) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls, t.total, t.overlaps, t.most = map[string]int{}, 0, 0, 0
}

const beat = 100 * time.Millisecond

// eventually waits for something to come true.
func eventually(ctx context.Context, what string, fn func() error) error {
	until := time.Now().Add(2 * time.Minute)
	for {
		err := fn()
		if err == nil {
			return nil
		}
		if time.Now().After(until) || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		time.Sleep(beat)
	}
}
