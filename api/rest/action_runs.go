package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

var errCaller = fault.New(fault.Forbidden, "caller_hidden", "A connect token is not told who asked for runs. Leave caller_kind, caller_id and via out.")

// RunAction runs an action for a user.
func (s *Server) RunAction(ctx context.Context, req gen.RunActionRequestObject) (gen.RunActionResponseObject, error) {
	p, b := principal(ctx), req.Body
	user, err := p.User(b.ExternalUserID)
	if err != nil {
		return nil, err
	}
	m := action.Manner{Key: keyOf(p, value(req.Params.IdempotencyKey))}
	m.Background, m.Wait = preferred(value(req.Params.Prefer))
	a, err := s.Actions.Run(ctx, p.Scope, action.Use{
		Key: b.ID, Version: value(b.Version), ExternalUserID: user, Configured: value(b.ConfiguredProps), DynamicPropsID: value(b.DynamicPropsID), StashID: stashOf(b.StashID),
	}, m)
	if err != nil {
		return nil, err
	}
	out := &ran{replayed: a.Replayed, background: m.Background}
	if a.Outcome != nil {
		out.status, out.body = http.StatusOK, outcomeOf(a.Run.ID, a.Outcome)
		return out, nil
	}
	state := s.actionRun(p, a.Run)
	out.status, out.body, out.location = http.StatusAccepted, state, state.StatusURL
	return out, nil
}

// keyOf is an idempotency key as it is remembered. A browser's are its user's own,
// for it is no browser's to use up, or to ask for, what another user's may name.
func keyOf(p *caller.Principal, key string) string {
	if key == "" || p.Trusted() {
		return key
	}
	return "user " + strconv.Itoa(len(p.ExternalUserID)) + " " + p.ExternalUserID + " " + key
}

// longestWait is how long a caller may wait for a run in the background: less
// than clients wait for the head of an answer.
const longestWait = 50 * time.Second

// preferred reads the preferences of a request (RFC 7240) that are heeded.
func preferred(header string) (async bool, wait time.Duration) {
	for part := range strings.SplitSeq(header, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(strings.SplitN(part, ";", 2)[0]), "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "respond-async":
			async = true
		case "wait":
			if n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(v), `"`), 10, 16); err == nil {
				wait = min(time.Duration(n)*time.Second, longestWait)
			}
		}
	}
	return async, wait
}

// ran is the answer to a run: its outcome, or where to ask for it.
type ran struct {
	status     int
	body       any
	location   string
	replayed   bool
	background bool
}

// VisitRunActionResponse writes the answer.
func (r *ran) VisitRunActionResponse(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if r.replayed {
		h.Set("Idempotency-Replayed", "true")
	}
	if r.background {
		h.Set("Preference-Applied", "respond-async")
	}
	if r.location != "" {
		h.Set("Location", r.location)
	}
	w.WriteHeader(r.status)
	if err := json.NewEncoder(w).Encode(r.body); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

func outcomeOf(runID string, out *action.Outcome) gen.ActionOutcome {
	exports := map[string]any{}
	maps.Copy(exports, out.Exports)
	res := gen.ActionOutcome{Exports: exports, Os: observations(out), Ret: out.Value, RunID: set(&runID), StashID: set(&out.StashID), Error: actionError(out.Failure)}
	if out.Summary != "" {
		res.Exports["$summary"] = out.Summary
	}
	return res
}

func actionError(f *action.Failure) *gen.ActionError {
	if f == nil {
		return nil
	}
	out := &gen.ActionError{Name: f.Name, Message: f.Message}
	out.Attribution.Origin = f.Origin
	if f.Status != 0 {
		out.Attribution.Status = &f.Status
	}
	return out
}

// actionRun is the whole of what the public sees of a run in a list.
//
// A user's browser is not told which server, member or program asked.
func (s *Server) actionRun(p *caller.Principal, r *action.Run) gen.ActionRunState {
	out := gen.ActionRunState{
		ID: r.ID, Status: gen.ActionRunStatus(r.Status), ComponentID: r.ComponentKey, ComponentVersion: r.ComponentVersion, App: set(&r.App), AccountID: set(&r.AccountID),
		ExternalUserID: r.ExternalUserID, Background: r.Background, Error: actionError(r.Why()), CreatedAt: r.CreatedAt.UTC(), StartedAt: utc(r.StartedAt), FinishedAt: utc(r.FinishedAt),
		StatusURL: s.PublicURL + "/v1/connect/" + p.Scope.Project() + "/action_runs/" + r.ID,
	}
	if r.CallerKind != "" && p.Trusted() {
		out.Caller = &gen.ActionCaller{Kind: gen.ActionCallerKind(r.CallerKind), ID: r.CallerID, Name: set(&r.CallerName), Via: gen.ActionCallerVia(r.Via)}
	}
	if p.Trusted() {
		out.ArgumentsHash, out.ApprovalID = set(&r.ArgumentsHash), set(&r.ApprovalID)
	}
	if r.StartedAt != nil && r.FinishedAt != nil {
		ms := int(r.FinishedAt.Sub(*r.StartedAt).Milliseconds())
		out.DurationMs = &ms
	}
	return out
}

// ListActionRuns lists runs of actions.
func (s *Server) ListActionRuns(ctx context.Context, req gen.ListActionRunsRequestObject) (gen.ListActionRunsResponseObject, error) {
	p, q := principal(ctx), req.Params
	user, err := p.User(value(q.ExternalUserID))
	if err != nil {
		return nil, err
	}
	f := action.Filter{
		Status: action.Status(value(q.Status)), ComponentKey: value(q.ComponentID), AccountID: value(q.AccountID), ExternalUserID: user, From: q.From, To: q.To,
	}
	if p.Trusted() { // a user's browser is not told who asked, and so does not ask for it
		f.CallerKind, f.CallerID, f.Via = string(value(q.CallerKind)), value(q.CallerID), action.Via(value(q.Via))
	} else if q.CallerKind != nil || q.CallerID != nil || q.Via != nil {
		return nil, errCaller
	}
	if q.App != nil {
		f.App = s.slug(ctx, *q.App)
	}
	page, err := s.Actions.List(ctx, p.Scope, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := each(page.Items, func(r *action.Run) gen.ActionRunState { return s.actionRun(p, r) })
	return gen.ListActionRuns200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// GetActionRun returns a run with its outcome and its log.
func (s *Server) GetActionRun(ctx context.Context, req gen.GetActionRunRequestObject) (gen.GetActionRunResponseObject, error) {
	p := principal(ctx)
	r, logs, err := s.Actions.Get(ctx, p.Scope, req.ActionRunID, p.ExternalUserID)
	if err != nil {
		return nil, err
	}
	out := gen.GetActionRun200JSONResponse{Run: s.actionRun(p, r)}
	outcome, err := s.Actions.Outcome(r)
	if err != nil {
		return nil, err
	}
	if outcome != nil {
		o := outcomeOf(r.ID, outcome)
		out.Outcome = &o
	}
	if logs != nil {
		out.Logs = newOf(out.Logs)
		out.Logs.Os, out.Logs.Omitted = observations(&action.Outcome{Observations: logs.Observations}), logs.More
		out.Logs.Input, out.Logs.Value = toProxyBody(logs.Input), toProxyBody(logs.Value)
	}
	return out, nil
}

// CancelActionRun asks for a run to stop.
func (s *Server) CancelActionRun(ctx context.Context, req gen.CancelActionRunRequestObject) (gen.CancelActionRunResponseObject, error) {
	p := principal(ctx)
	r, err := s.Actions.Cancel(ctx, p.Scope, req.ActionRunID, p.ExternalUserID)
	if err != nil {
		return nil, err
	}
	return gen.CancelActionRun200JSONResponse(s.actionRun(p, r)), nil
}
