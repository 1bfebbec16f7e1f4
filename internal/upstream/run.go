package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// Carrier runs the actions of a project that are tools.
type Carrier struct {
	Service *Service
	Project string
}

// Run calls a tool with its job's account, or with none where the server asks for
// none. Once in a while it also looks whether the server's tools are still what they
// were, since who is let in may see them.
func (c *Carrier) Run(ctx context.Context, j *operation.Job) (*operation.Result, error) {
	t, do := j.Component.Tool, j.Do
	if do == nil {
		do = c.Service.direct("")
	}
	v, err := c.Service.visit(ctx, t.URL, do, j.Seen)
	if err != nil {
		return nil, err
	}
	out, err := v.called(ctx, t.Name, arguments(t, j.Props))
	v.door.quiet()
	if err != nil {
		v.leave()
		return nil, err
	}
	c.byTheWay(ctx, j.Component, v)
	return out, nil
}

// Options is of no tool: what can be chosen is in its schema.
func (c *Carrier) Options(context.Context, *operation.Job, string, operation.Ask) (*operation.Options, error) {
	return &operation.Options{}, nil
}

// Dynamic is of no tool.
func (c *Carrier) Dynamic(context.Context, *operation.Job) ([]component.Prop, error) { return nil, nil }

// arguments are what was filled in, as the tool's schema has it: a number that came
// from a form is one again.
func arguments(t *component.Tool, props map[string]any) map[string]any {
	var schema struct {
		Properties map[string]struct {
			Type any `json:"type"`
		} `json:"properties"`
	}
	_ = json.Unmarshal(t.Schema, &schema) // it was read when it was accepted
	out := make(map[string]any, len(props))
	for name, v := range props {
		p, known := schema.Properties[name]
		if !known {
			continue
		}
		if text, ok := v.(string); ok && p.Type == "number" {
			if n, err := strconv.ParseFloat(text, 64); err == nil {
				v = n
			}
		}
		out[name] = v
	}
	return out
}

// byTheWay looks whether a server's tools are still what they were, once in a while
// and behind the back of who has called one. It ends the visit.
func (c *Carrier) byTheWay(ctx context.Context, of *component.Component, v *visit) {
	s := c.Service
	if !s.due(c.Project+" "+of.App, s.Now()) {
		v.leave()
		return
	}
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer v.leave()
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		tools, cannot, err := v.listed(ctx, of.App)
		if err != nil || len(tools) == 0 {
			return // whose account it is may see none
		}
		workspaceID, err := s.Apps.Workspace(ctx, c.Project)
		if err == nil {
			_, err = s.note(ctx, workspaceID, of.App, tools, cannot, "", false)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			slog.WarnContext(ctx, "what an MCP server has now was not written down", "app", of.App, "error", err)
		}
	}()
}

// due reports whether it is time to look again, in this process.
func (s *Service) due(what string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looked == nil {
		s.looked = map[string]time.Time{}
	}
	if last, ok := s.looked[what]; ok && now.Sub(last) < lookEvery {
		return false
	}
	if len(s.looked) > 10_000 {
		clear(s.looked)
	}
	s.looked[what] = now
	return true
}
