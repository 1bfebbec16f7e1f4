package runner

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// The line is NDJSON: requests on the process's file descriptor 3, what becomes of
// them on 4. Nothing that comes in is believed: it has to be one of these messages,
// in time, and not too long.

const (
	longestLine = 16 << 20
	mostTold    = 64 << 20 // bytes that one request may tell
)

// request is what the host is asked to do.
type request struct {
	ID         string                     `json:"id"`
	Op         string                     `json:"op"`
	Module     string                     `json:"module,omitempty"`
	Configured map[string]any             `json:"configured,omitempty"`
	Auth       map[string]map[string]any  `json:"auth,omitempty"`
	Dynamic    json.RawMessage            `json:"dynamic,omitempty"`
	DB         map[string]json.RawMessage `json:"db,omitempty"`
	Endpoint   string                     `json:"endpoint,omitempty"`
	Context    map[string]any             `json:"context,omitempty"`
	Flow       *Links                     `json:"flow,omitempty"`
	Steps      map[string]any             `json:"steps,omitempty"`
	Scopes     []string                   `json:"scopes,omitempty"`

	Event   any               `json:"event,omitempty"`
	Hook    string            `json:"hook,omitempty"`
	Prop    string            `json:"prop,omitempty"`
	Ask     *question         `json:"ask,omitempty"`
	Text    string            `json:"text,omitempty"`
	Trigger any               `json:"trigger,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
}

type question struct {
	Page        int            `json:"page"`
	Query       string         `json:"query,omitempty"`
	PrevContext map[string]any `json:"prevContext,omitempty"`
}

// answer is what the host is told when it asked.
type answer struct {
	T     string `json:"t"` // answer
	N     int    `json:"n"`
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
	Code  string `json:"code,omitempty"` // of the error, for programs
}

// message is what the host says. Which members there are depends on T.
type message struct {
	T  string `json:"t"` // ready | log | export | emit | respond | send | flow | exit | ask | done
	ID string `json:"id"`

	Level string `json:"level"` // log
	Text  string `json:"text"`  // log, respond

	Name  string          `json:"name"`  // export
	Value json.RawMessage `json:"value"` // export, done

	Event json.RawMessage `json:"event"` // emit
	Meta  meta            `json:"meta"`

	Status    int             `json:"status"` // respond
	Headers   map[string]any  `json:"headers"`
	Body      json.RawMessage `json:"body"`
	Base64    string          `json:"base64"`
	Immediate bool            `json:"immediate"`

	Kind    string          `json:"kind"`    // send, flow
	Payload json.RawMessage `json:"payload"` // send, flow
	MS      float64         `json:"ms"`      // flow
	Reruns  int             `json:"reruns"`
	Reason  string          `json:"reason"` // exit

	N    int             `json:"n"` // ask
	What string          `json:"what"`
	Args json.RawMessage `json:"args"`

	DB     changes `json:"db"` // done
	RSS    int64   `json:"rss"`
	CPU    float64 `json:"cpu"` // s
	Broken bool    `json:"broken"`
	Error  *thrown `json:"error"`

	size int
}

type meta struct {
	ID      string   `json:"id"`
	Summary string   `json:"summary"`
	TS      *float64 `json:"ts"`
	Name    string   `json:"name"`
}

type changes struct {
	Set  map[string]json.RawMessage `json:"set"`
	Gone []string                   `json:"gone"`
}

type thrown struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Stack   string `json:"stack"`
	Status  int    `json:"status"`
	App     bool   `json:"app"`
}

// failure words what a component threw.
func (t *thrown) failure() *Failure {
	f := &Failure{Name: t.Name, Message: t.Message, Stack: t.Stack, Origin: "component"}
	switch {
	case t.Name == "ConfigurationError":
		f.Origin = "input"
	case t.App:
		f.Origin, f.Status = "app", t.Status
	}
	if f.Message == "" {
		f.Message = "The component failed and did not say why."
	}
	return f
}

// response reads what a component answers to its caller.
func (m *message) response() Response {
	out := Response{Status: m.Status, Headers: map[string]string{}, Body: []byte(m.Text), Immediate: m.Immediate}
	for k, v := range m.Headers {
		if v != nil {
			out.Headers[k] = fmt.Sprint(v)
		}
	}
	if out.Status < 200 || out.Status > 599 {
		out.Status = 200
	}
	switch {
	case m.Base64 != "":
		out.Body, _ = base64.StdEncoding.DecodeString(m.Base64)
	case len(m.Body) > 0:
		out.Body = m.Body
	}
	return out
}

var (
	errLong    = errors.New("a line is too long")
	errGarbage = errors.New("a line is no message")
)

// messages reads what a host says, until it hangs up or says what it may not.
func messages(from io.Reader, take func(*message)) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), longestLine)
	for lines.Scan() {
		m := &message{size: len(lines.Bytes())}
		if err := json.Unmarshal(lines.Bytes(), m); err != nil || m.T == "" {
			return errGarbage
		}
		take(m)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return errLong
	}
	return nil
}

const (
	mostLogs = 1000
	mostText = 256 << 10 // bytes of logs
)

// tell puts a message into the result. It reports whether the request is over.
func (r *Result) tell(m *message, now time.Time) (over bool) {
	switch m.T {
	case "log":
		r.log(m.Level, m.Text, now)
	case "export":
		var v any
		_ = json.Unmarshal(m.Value, &v)
		r.Exports[m.Name] = v
	case "emit":
		r.Emits = append(r.Emits, Emit{Event: m.Event, ID: m.Meta.ID, Summary: m.Meta.Summary, At: m.Meta.TS, Channel: m.Meta.Name})
	case "respond":
		if r.Response == nil {
			out := m.response()
			r.Response = &out
		}
	case "send":
		r.Sends = append(r.Sends, Send{m.Kind, m.Payload})
	case "flow":
		p, wrong := m.pause()
		if wrong != "" {
			r.Failure = &Failure{Name: "Error", Origin: "component", Message: wrong}
			return false
		}
		r.Pause = p
	case "exit":
		r.Exit = &m.Reason
	case "done":
		r.Value, r.Set, r.Gone, r.Ended = m.Value, m.DB.Set, m.DB.Gone, true
		if m.Error != nil {
			r.Failure = m.Error.failure()
		}
		return true
	}
	return false
}

// log keeps a line, as long as there are not too many.
func (r *Result) log(level, text string, now time.Time) {
	switch {
	case r.full:
		return
	case len(r.Logs) >= mostLogs || r.text+len(text) > mostText:
		r.full = true
		level, text = "warn", "What was written from here on is left out: it is too much."
	}
	r.text += len(text)
	r.Logs = append(r.Logs, Log{level, now, text})
}
