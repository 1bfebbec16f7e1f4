package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/session"
)

// ListConnectSessions lists recorded openings of the connect page.
func (s *Server) ListConnectSessions(ctx context.Context, req gen.ListConnectSessionsRequestObject) (gen.ListConnectSessionsResponseObject, error) {
	q := req.Params
	f := session.Filter{Status: session.Status(value(q.Status)), ExternalUserID: value(q.ExternalUserID), Code: value(q.Code), From: q.From, To: q.To}
	if q.App != nil {
		f.App = s.slug(ctx, *q.App)
	}
	page, err := s.Sessions.List(ctx, principal(ctx).Scope, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListConnectSessions200JSONResponse{Data: each(page.Items, s.toConnectSession), PageInfo: pageInfo(page)}, nil
}

// GetConnectFunnel counts how far sessions came.
func (s *Server) GetConnectFunnel(ctx context.Context, req gen.GetConnectFunnelRequestObject) (gen.GetConnectFunnelResponseObject, error) {
	q := req.Params
	f := session.Filter{ExternalUserID: value(q.ExternalUserID), From: q.From, To: q.To}
	if q.App != nil {
		f.App = s.slug(ctx, *q.App)
	}
	out, err := s.Sessions.Funnel(ctx, principal(ctx).Scope, f)
	if err != nil {
		return nil, err
	}
	return gen.GetConnectFunnel200JSONResponse{
		Total: toConnectCounts(&out.Total),
		Apps: each(out.Apps, func(c *session.Counts) gen.ConnectFunnelApp {
			return gen.ConnectFunnelApp{App: c.Key, Counts: toConnectCounts(c)}
		}),
		Days: each(out.Days, func(c *session.Counts) gen.ConnectFunnelDay {
			return gen.ConnectFunnelDay{Day: c.Key, Counts: toConnectCounts(c)}
		}),
		Codes: each(out.Codes, func(c *session.Code) gen.ConnectFunnelCode {
			return gen.ConnectFunnelCode{Code: c.Code, Count: c.Count}
		}),
	}, nil
}

// GetConnectSession returns a session with its steps.
func (s *Server) GetConnectSession(ctx context.Context, req gen.GetConnectSessionRequestObject) (gen.GetConnectSessionResponseObject, error) {
	r, steps, err := s.Sessions.Get(ctx, principal(ctx).Scope, req.ConnectSessionID)
	if err != nil {
		return nil, err
	}
	return gen.GetConnectSession200JSONResponse{Session: s.toConnectSession(r), Steps: each(steps, toConnectStep)}, nil
}

// toConnectSession is the whole of what the public sees of a session.
func (s *Server) toConnectSession(r *session.Session) gen.ConnectSession {
	return gen.ConnectSession{
		ID: r.ID, ExternalUserID: r.ExternalUserID, ConnectTokenID: r.TokenID, App: r.App, Auth: r.Auth, Framed: r.Framed,
		Status: gen.ConnectSessionStatus(r.Standing(s.Sessions.Now())), Reached: gen.ConnectStage(r.Stage()), Code: set(&r.Code), AccountID: r.AccountID,
		Steps: r.Steps, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

func toConnectStep(p *session.Step) gen.ConnectStep {
	return gen.ConnectStep{Source: gen.ConnectStepSource(p.Source), Name: p.Name, Screen: p.Screen, Detail: p.Detail, CreatedAt: p.CreatedAt.UTC()}
}

func toConnectCounts(c *session.Counts) gen.ConnectCounts {
	at := c.Stages
	return gen.ConnectCounts{
		Opened: at[0], Picked: at[1], Started: at[2], Sent: at[3], Returned: at[4], Exchanged: at[5], Tested: at[6], Succeeded: at[7],
		Failed: c.Failed, Cancelled: c.Cancelled, Abandoned: c.Abandoned,
	}
}
