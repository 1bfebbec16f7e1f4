package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/run"
)

// heartbeat is how long a stream is silent at the most, so that nothing on the way
// takes it for dead.
const heartbeat = 15 * time.Second

// stream is an answer of server-sent events. Its body is written by send, which
// returns when the stream is over.
type stream struct{ send func(e *events) error }

// events writes server-sent events, each at once.
type events struct {
	w     io.Writer
	flush func() error
	wrote time.Time
	now   func() time.Time
}

func (s *stream) serve(w http.ResponseWriter, now func() time.Time) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // or a proxy that gathers would hold events back
	w.WriteHeader(http.StatusOK)
	e := &events{w: w, flush: http.NewResponseController(w).Flush, now: now}
	if e.write([]byte("retry: 1000\n\n")) == nil { // else the client went
		_ = s.send(e) // what goes wrong on the way ends the stream, and its client comes again
	}
	return nil
}

// VisitStreamRunsResponse writes the stream.
func (s *stream) VisitStreamRunsResponse(w http.ResponseWriter) error { return s.serve(w, time.Now) } //nolint:forbidigo // measures, decides nothing

// VisitStreamRunResponse writes the stream.
func (s *stream) VisitStreamRunResponse(w http.ResponseWriter) error { return s.serve(w, time.Now) } //nolint:forbidigo // measures, decides nothing

func (e *events) write(b []byte) error {
	if _, err := e.w.Write(b); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if err := e.flush(); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	e.wrote = e.now()
	return nil
}

// put sends an event; "" = without an id.
func (e *events) put(kind, id string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	var b bytes.Buffer
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", kind, data)
	return e.write(b.Bytes())
}

// beat says that the stream is alive, if nothing else did.
func (e *events) beat() error {
	if e.now().Sub(e.wrote) < heartbeat {
		return nil
	}
	return e.write([]byte(": \n\n"))
}

// StreamRuns follows runs.
func (s *Server) StreamRuns(ctx context.Context, req gen.StreamRunsRequestObject) (gen.StreamRunsResponseObject, error) {
	q := req.Params
	f := run.Filter{
		WorkflowID: value(q.WorkflowID), Version: value(q.Version), Statuses: runStatuses(q.Status), ExternalUserID: value(q.ExternalUserID),
		Trigger: q.Trigger, ErrorCode: value(q.ErrorCode), TraceID: value(q.TraceID),
	}
	tail, err := s.Runs.Follow(principal(ctx).Scope, f, value(q.LastEventID))
	if err != nil {
		return nil, err
	}
	return &stream{func(e *events) error {
		defer tail.Leave()
		return tail.Each(ctx, func(changed []run.Run, from string) error {
			for i := range changed {
				id := ""
				if i == len(changed)-1 { // all before it was told
					id = from
				}
				if err := e.put("run", id, toRun(&changed[i])); err != nil {
					return err
				}
			}
			return e.beat()
		})
	}}, nil
}

// StreamRun follows the steps of a run.
func (s *Server) StreamRun(ctx context.Context, req gen.StreamRunRequestObject) (gen.StreamRunResponseObject, error) {
	tail, err := s.Runs.FollowOne(ctx, principal(ctx).Scope, req.RunID, value(req.Params.LastEventID))
	if err != nil {
		return nil, err
	}
	return &stream{func(e *events) error {
		defer tail.Leave()
		return tail.Each(ctx, func(r *run.Run, steps []run.Step, last string) error {
			if r != nil {
				if err := e.put("run", "", toRun(r)); err != nil {
					return err
				}
			}
			list, err := s.toSteps(ctx, steps)
			if err != nil {
				return err
			}
			for i := range list {
				id := ""
				if i == len(list)-1 {
					id = last
				}
				if err := e.put("step", id, list[i]); err != nil {
					return err
				}
			}
			if r != nil && r.Status.Over() {
				return e.put("end", last, map[string]any{})
			}
			return e.beat()
		})
	}}, nil
}
