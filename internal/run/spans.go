package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
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
	if k.Metrics.Traces == nil || left.status == Waiting || left.status == Running || left.status == Retrying {
		return
	}
	k.Metrics.Traces.Record(ctx, spansOf(k.r, k.rows, left.status, left.problem, end)...)
}

// tracedEnds sends the traces of runs that somebody ended, whoever had them.
func (s *Service) tracedEnds(ctx context.Context, scope tenant.Scope, runs []Run) {
	if s.Metrics.Traces == nil {
		return
	}
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer end()
	for some := range slices.Chunk(runs, 200) {
		ids, rows := make([]string, len(some)), map[string]map[string]*Step{}
		for i := range some {
			ids[i], rows[some[i].ID] = some[i].ID, map[string]*Step{}
		}
		var steps []Step
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			return tx.Omit("input", "output", "flow").Where("run_id IN ?", ids).Find(&steps).Error
		})
		if err != nil {
			slog.WarnContext(ctx, "runs that were ended have no trace", "error", err)
			return
		}
		for i := range steps {
			rows[steps[i].RunID][steps[i].Path] = &steps[i]
		}
		for i := range some {
			r := &some[i]
			s.Metrics.Traces.Record(ctx, spansOf(r, rows[r.ID], r.Status, r.Error, *r.FinishedAt)...)
		}
	}
}

// spansOf are the spans of a run that is over.
func spansOf(r *Run, rows map[string]*Step, status Status, problem *Problem, end time.Time) []telemetry.Span {
	own := telemetry.Span{
		Trace: r.Trace(), ID: spanOf(r.ID), Parent: r.SpanID, Caller: r.Depth == 0, Name: "run " + r.WorkflowName, Begin: r.CreatedAt, End: end,
		Notes: map[string]string{
			"patchbay.run.id": r.ID, "patchbay.run.status": string(status), "patchbay.run.attempts": strconv.Itoa(max(1, r.Attempts)),
			"patchbay.workflow.id": r.WorkflowID, "patchbay.workflow.version": strconv.Itoa(r.Version), "patchbay.trigger": r.Trigger,
		},
	}
	if problem != nil {
		own.Failed = problem.Code
	}
	all := []telemetry.Span{own}
	if r.StartedAt != nil {
		all = append(all, telemetry.Span{
			Trace: own.Trace, ID: spanOf(r.ID + "?queued"), Parent: own.ID, Name: "queued", Begin: r.CreatedAt, End: *r.StartedAt,
		})
	}
	for _, s := range rows {
		if s.FinishedAt != nil {
			all = append(all, s.spanIn(r, rows))
		}
	}
	return all
}

// spanIn is the span of a step, below the one of the block that it stands in.
func (s *Step) spanIn(r *Run, rows map[string]*Step) telemetry.Span {
	span := telemetry.Span{
		Trace: r.Trace(), ID: s.span(), Parent: spanOf(r.ID), Name: s.Type + " " + s.Name, Begin: s.StartedAt, End: *s.FinishedAt,
		Notes: map[string]string{
			"patchbay.run.id": r.ID, "patchbay.step.path": s.Path, "patchbay.step.type": s.Type, "patchbay.step.status": string(s.Status), "patchbay.step.attempts": strconv.Itoa(s.Attempts),
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
		if b := rows[block]; b != nil {
			span.Parent = b.span()
			return span
		}
	}
}
