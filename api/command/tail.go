package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/internal/remote"
)

// againAfter is how long is waited before a stream that broke off is asked for anew.
const againAfter = time.Second

// tailRuns follows runs, or the steps of one, as they go.
func (p *Program) tailRuns() *cobra.Command {
	cmd := &cobra.Command{
		Use: "tail [RUN]", Short: "Follow runs as they go, or the steps of one run until it is over", Args: words(0, 1),
		Long:    "A line for each change, until Ctrl-C. A server that goes away is waited for, and what happened meanwhile is told. A run that\nis named ends it: with 1 if the run failed.",
		Example: "  patchbay runs tail --status failed\n  patchbay runs tail run_… --jsonl",
	}
	f := cmd.Flags()
	for _, one := range tailed {
		f.String(one.flag, "", one.says)
	}
	f.Bool("jsonl", false, "a line of JSON for each")
	f.Bool("json", false, "the same")
	p.at(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		to, s, err := p.reach(cmd)
		if err != nil {
			return err
		}
		t := &tail{Program: p, server: s, to: to, raw: given(cmd, "jsonl") == "true" || given(cmd, "json") == "true"}
		if len(args) == 1 {
			return t.follow(cmd.Context(), filled("/projects/{p}/runs/{}/stream", to.project, args))
		}
		q := url.Values{}
		for _, one := range tailed {
			if v := given(cmd, one.flag); v != "" {
				q.Set(one.name, v)
			}
		}
		return t.follow(cmd.Context(), withQuery(filled("/projects/{p}/runs/stream", to.project, nil), q))
	}
	return cmd
}

var tailed = []param{
	{"workflow", "workflow_id", "of one workflow, by its `ID`"}, {"status", "status", "that stand so, a `STATUS` such as failed"}, byUser,
}

// tail writes what a stream tells.
type tail struct {
	*Program
	server *remote.Client
	to     *place
	raw    bool

	after string // what was told of last
	over  bool   // the run that was followed
	last  struct {
		Status string
		Error  *struct{ Message string }
	}
}

// follow reads a stream again and again until the run is over or ctx ends.
func (t *tail) follow(ctx context.Context, path string) error {
	away := false
	for {
		err := t.server.Follow(ctx, path, t.to.header(), t.after, func(e remote.Event) error {
			away = false
			return t.tell(e)
		})
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // who follows said so
		case t.over:
			return t.outcome()
		case err != nil && !remote.Passing(err):
			return err
		case err != nil && !away:
			away = true
			_, _ = fmt.Fprintf(t.Err, "%s; trying again.\n", sentenceOf(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(againAfter):
		}
	}
}

func sentenceOf(err error) string {
	if r, ok := errors.AsType[*remote.Refused](err); ok && r.Status == http.StatusTooManyRequests {
		return "The server has too many who follow"
	}
	return "The server does not answer"
}

func (t *tail) tell(e remote.Event) error {
	if e.ID != "" {
		t.after = e.ID
	}
	switch e.Kind {
	case "end":
		t.over = true
		return nil
	case "run":
		if err := json.Unmarshal([]byte(e.Data), &t.last); err != nil {
			return fmt.Errorf("decode event: %w", err)
		}
	}
	if t.raw {
		return t.line([]byte(e.Data))
	}
	v, err := decoded([]byte(e.Data))
	if err != nil {
		return err
	}
	s := t.screen()
	at, text := cell(v, "created_at"), fmt.Sprintf("%-28s  %s  %s", cell(v, "id"), padded(s, cell(v, "status")), cell(v, "workflow_name"))
	if e.Kind == "step" {
		at, text = cell(v, "started_at"), fmt.Sprintf("  %-26s  %s  %s", cell(v, "path"), cell(v, "status"), cell(v, "type"))
	}
	if why := cell(v, "error.message"); why != "" {
		text += "  " + why
	}
	_, err = fmt.Fprintln(t.Out, either(at, "                   ")+"  "+text)
	return err //nolint:wrapcheck // standard output
}

func padded(s screen, status string) string {
	return s.coloured(status, false) + strings.Repeat(" ", max(0, 9-len(status)))
}

// outcome is that of the run that was followed.
func (t *tail) outcome() error {
	switch {
	case t.last.Error != nil:
		return fmt.Errorf("the run %s: %s", t.last.Status, t.last.Error.Message)
	case t.last.Status == "failed" || t.last.Status == "canceled":
		return fmt.Errorf("the run %s", t.last.Status)
	}
	return nil
}
