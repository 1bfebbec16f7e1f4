package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// spanOf is the span of a run, or of a step by its run and its path, in 16
// hexadecimal digits.
func spanOf(what string) string {
	sum := sha256.Sum256([]byte(what))
	return hex.EncodeToString(sum[:8])
}

// traced sends the trace of a run that is over: what it was started by, how long it
// waited for its turn, and each of its steps, whoever did them and however long ago.
// It holds names, times and codes, and nothing of what went through it.
func (k *walk) traced(ctx context.Context, left *standing, end time.Time) {
	if k.Traces == nil || left.status == Waiting || left.status == Running || left.status == Retrying {
		return
	}
	r := k.r
	own := telemetry.Span{
		Trace: r.Trace(), ID: spanOf(r.ID), Parent: r.SpanID, Caller: r.Depth == 0, Name: "run " + r.WorkflowName, Begin: r.CreatedAt, End: end,
		Notes: map[string]string{
			"patchbay.run.id": r.ID, "patchbay.run.status": string(left.status), "patchbay.run.attempts": strconv.Itoa(max(1, r.Attempts)),
			"patchbay.workflow.id": r.WorkflowID, "patchbay.workflow.version": strconv.Itoa(r.Version), "patchbay.trigger": r.Trigger,
		},
	}
	if left.problem != nil {
		own.Failed = left.problem.Code
	}
	all := []telemetry.Span{own}
	if r.StartedAt != nil {
		all = append(all, telemetry.Span{
			Trace: own.Trace, ID: spanOf(r.ID + "?queued"), Parent: own.ID, Name: "queued", Begin: r.CreatedAt, End: *r.StartedAt,
		})
	}
	for _, s := range k.rows {
		if s.FinishedAt != nil {
			all = append(all, k.stepSpan(s))
		}
	}
	k.Traces.Record(ctx, all...)
}

func (k *walk) stepSpan(s *Step) telemetry.Span {
	span := telemetry.Span{
		Trace: k.r.Trace(), ID: s.span(), Parent: spanOf(k.r.ID), Name: s.Type + " " + s.Name, Begin: s.StartedAt, End: *s.FinishedAt,
		Notes: map[string]string{
			"patchbay.run.id": k.r.ID, "patchbay.step.path": s.Path, "patchbay.step.type": s.Type, "patchbay.step.status": string(s.Status), "patchbay.step.attempts": strconv.Itoa(s.Attempts),
		},
	}
	if s.App != nil {
		span.Notes["patchbay.app"] = *s.App
	}
	if s.Error != nil {
		span.Failed = s.Error.Code
	}
	// The block that it stands in: each[3]/send stands in each, both/left/get in both.
	for at := s.Path; ; {
		i := strings.LastIndexByte(at, '/')
		if i < 0 {
			return span
		}
		at = at[:i]
		block := at
		if n := strings.LastIndexByte(at, '['); n >= 0 && strings.HasSuffix(at, "]") {
			block = at[:n]
		}
		if b := k.rows[block]; b != nil {
			span.Parent = b.span()
			return span
		}
	}
}
