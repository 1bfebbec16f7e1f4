package runner

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// process is one host. It carries out one request at a time.
type process struct {
	key  key
	box  *sandbox.Process
	in   *os.File // what we say
	out  *os.File // what it says
	said chan *message
	fail error // why said was closed; read it then alone
	quit chan struct{}
	rest *time.Timer
	runs int
	rss  int64
	cpu  float64

	writing sync.Mutex
	once    sync.Once

	hearing sync.Mutex
	hear    func(level, text string) // what is written past the line; nil = nobody hears
}

// begin starts a host with a spec that names no descriptors, and waits until it
// says that it is there.
func begin(ctx, life context.Context, k key, spec sandbox.Spec, start func(context.Context, sandbox.Spec) (*sandbox.Process, error)) (*process, error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		closeAll(theirIn, in)
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	h := &process{key: k, in: in, out: out, said: make(chan *message, 64), quit: make(chan struct{})}
	spec.ExtraFiles = []*os.File{theirIn, theirOut}
	if spec.Egress != nil {
		spec.Egress = &sandbox.Egress{Door: spec.Egress.Door, Told: h.visited}
	}
	h.box, err = start(life, spec)
	closeAll(theirIn, theirOut)
	if err != nil {
		closeAll(in, out)
		return nil, err
	}
	go h.listen()
	go h.overhear("log", h.box.Stdout)
	go h.overhear("error", h.box.Stderr)
	var words string
	h.listenTo(func(_, text string) { words += text + "\n" })
	defer h.listenTo(nil)
	select {
	case m, ok := <-h.said:
		if ok && m.T == "ready" {
			return h, nil
		}
		h.end()
		return nil, ErrStart.Because(errors.New("the host said: " + words))
	case <-ctx.Done():
		h.end()
		return nil, ErrStart.Because(ctx.Err())
	}
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// end kills the process and all that it started.
func (h *process) end() {
	h.once.Do(func() {
		close(h.quit)
		h.box.Close()
		closeAll(h.in, h.out)
	})
}

func (h *process) dead() bool {
	select {
	case <-h.box.Done():
		return true
	default:
		return false
	}
}

// listen reads what the host says until it is over.
func (h *process) listen() {
	defer close(h.said)
	h.fail = messages(h.out, func(m *message) {
		select {
		case h.said <- m:
		case <-h.quit:
		}
	})
	if h.fail != nil {
		h.box.Kill()
	}
}

// overhear reads what is written to standard output past the host, such as by a
// library that is not JavaScript.
func (h *process) overhear(level string, from io.Reader) {
	lines := bufio.NewReaderSize(from, 16<<10)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		h.told(level, string(line))
	}
}

func (h *process) told(level, text string) {
	h.hearing.Lock()
	defer h.hearing.Unlock()
	if h.hear != nil && text != "" {
		h.hear(level, text)
	}
}

func (h *process) listenTo(hear func(level, text string)) {
	h.hearing.Lock()
	h.hear = hear
	h.hearing.Unlock()
}

func (h *process) visited(v sandbox.Visit) {
	if v.Err != nil {
		h.told("warn", fmt.Sprintf("%s:%d was not reached: %s", v.Host, v.Port, Refusal(v.Err)))
		return
	}
	h.told("debug", fmt.Sprintf("connected to %s:%d", v.Host, v.Port))
}

// say writes a line to the host. A host that does not read is not waited for.
func (h *process) say(v any, until time.Time) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	if len(line) > longestLine {
		return ErrLarge
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	if err := h.in.SetWriteDeadline(until); err != nil {
		return fmt.Errorf("write to the host: %w", err)
	}
	if _, err := h.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write to the host: %w", err)
	}
	return nil
}
