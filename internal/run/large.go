package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/document"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	maxOutput = 5 << 20       // bytes of what a step brings that its row keeps
	maxStored = 25 << 20      // and that a store of large payloads keeps, where there is one
	mostTold  = maxOutput / 2 // that a run tells the one that called it
)

// Faults of what steps bring.
var (
	errOutputLarge = fault.New(fault.Invalid, "output_too_large", "")
	errOutputDeep  = fault.New(fault.Invalid, "output_too_deep", "What the step brought nests deeper than %d levels.", document.MaxNesting)
	errOutputGone  = event.ErrPayloadGone
)

// mostOutput are the bytes of what a step may bring.
func (x *Executor) mostOutput() int {
	if x.Payloads != nil && x.Payloads.Blobs != nil {
		return maxStored
	}
	return maxOutput
}

// keep makes what a step brought ready to be written down: as the text of its row,
// or as a blob if it is too large for one. Of a store that does not answer as much
// is in the row as may be.
func (x *Executor) keep(ctx context.Context, scope tenant.Scope, r *Run, output any) (text *string, at *event.Stored, err error) {
	if text = encode(output); text == nil {
		return nil, nil, nil
	}
	size, most := len(*text), x.mostOutput()
	switch {
	case size > most:
		return nil, nil, fault.New(fault.Invalid, errOutputLarge.Code, "What the step brought is larger than %d bytes.", most)
	case document.Nests(*text):
		return nil, nil, errOutputDeep
	case !x.Payloads.Large(size), r.ParentID != nil && size <= mostTold: // its caller is told of it, from the row
		return text, nil, nil
	}
	at, err = x.Payloads.KeepJSON(context.WithoutCancel(ctx), scope, "runs", *text)
	switch {
	case err == nil:
		return nil, at, nil
	case size > maxOutput:
		return nil, nil, err
	}
	slog.WarnContext(ctx, "a large output lies in its row", "run", r.ID, "bytes", size, "error", err)
	return text, nil, nil
}

// meanwhile is what a step that is to be tried again shows of what it brought; nil =
// it is too large.
func (k *walk) meanwhile(output any) *string {
	text := encode(k.r.env.hide(output))
	if text != nil && len(*text) > maxOutput {
		return nil
	}
	return text
}

// recorded is what a step came to before. A Problem says that what it brought is
// not there any more, with which no step of the run can go on.
func (k *walk) recorded(ctx context.Context, def *workflow.Step, s *Step) (end, error) {
	text := s.Output
	if s.Stored != nil {
		whole, err := k.Steps.Payloads.Text(ctx, k.scope, s.Stored)
		if errors.Is(err, errOutputGone) {
			return end{}, &Problem{Code: errOutputGone.Code, Message: fmt.Sprintf("What the step %s brought is not in the store of large payloads any more.", s.Path), Step: &def.Name}
		}
		if err != nil {
			return end{}, fmt.Errorf("read output of %s: %w", s.Path, err)
		}
		text = &whole
	}
	var out any
	if text != nil {
		if err := json.Unmarshal([]byte(*text), &out); err != nil {
			return end{}, fmt.Errorf("decode output of %s: %w", s.Path, err)
		}
	}
	return outcome(def, s, out), nil
}

// Subject is what a link to a step's output is of.
func (s *Step) Subject() string { return s.RunID + "/" + s.Path }

// IsSubject reports whether a link is of a step's output.
func IsSubject(subject string) bool { return strings.HasPrefix(subject, "run_") }

// Output opens what a step brought that does not lie in its row. The caller closes it.
func (s *Service) Output(ctx context.Context, scope tenant.Scope, p *event.Payloads, subject string) (*Step, io.ReadSeekCloser, error) {
	var step *Step
	runID, path, _ := strings.Cut(subject, "/")
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		step, err = db.One[Step](tx.Where("run_id = ? AND path = ? AND stored IS NOT NULL", runID, path), event.ErrPayloadGone)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	body, err := p.Read(ctx, scope, step.Stored)
	return step, body, err
}
