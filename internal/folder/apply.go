package folder

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// wish is what the server is asked for.
type wish struct {
	Documents []document `json:"documents"`
	Dry       bool       `json:"dry_run"`
	Drafts    bool       `json:"drafts"`
	Prune     bool       `json:"prune"`
	Anyway    bool       `json:"allow_missing"`
	Message   string     `json:"message,omitempty"`
}

// Validate checks files by themselves, without a server.
func (f *Folder) Validate(paths []string) error {
	docs, err := read(paths)
	if err != nil {
		return err
	}
	problems := []problem{}
	for _, d := range docs {
		_, found, err := workflow.Parse([]byte(d.Source))
		if err != nil {
			return err //nolint:wrapcheck // of our own
		}
		for _, p := range found {
			problems = append(problems, problem{d.File, p.Line, p.Path, p.Code, p.Text})
		}
	}
	f.tell(problems)
	if len(problems) > 0 {
		f.say(map[string]any{"valid": false, "problems": problems}, "%d to mend in %d files.", len(problems), len(docs))
		return ErrWrong
	}
	f.say(map[string]any{"valid": true, "problems": problems}, "%d files, all as they should be.", len(docs))
	return nil
}

// Plan says what Apply would do. It ends with ErrPending if that is anything, and
// with ErrWrong if it could not be done.
func (f *Folder) Plan(ctx context.Context, paths []string) error {
	p, _, err := f.ask(ctx, paths)
	if err != nil {
		return err
	}
	f.show(p)
	switch {
	case len(p.Problems) > 0:
		f.say(p, "It could not be applied: %d to mend.", len(p.Problems))
		return ErrWrong
	case p.Changes == 0:
		f.say(p, "Nothing to do: all %d are as they should be.", len(p.Data))
		return nil
	default:
		f.say(p, "To do: %s.", count(p))
		return ErrPending
	}
}

// Apply makes the workflows of the project what the files say.
func (f *Folder) Apply(ctx context.Context, paths []string) error {
	for _, alias := range slices.Sorted(maps.Keys(f.Aliases)) {
		in := map[string]string{"account_id": f.Aliases[alias]}
		var out map[string]any
		if err := f.call(ctx, http.MethodPut, "/account_aliases/"+url.PathEscape(alias), in, &out); err != nil {
			return fmt.Errorf("alias %s: %w", alias, err)
		}
	}
	p, w, err := f.ask(ctx, paths)
	if err != nil {
		return err
	}
	if len(p.Problems) > 0 {
		f.show(p)
		f.say(p, "Nothing was applied: %d to mend.", len(p.Problems))
		return ErrWrong
	}
	if p.Changes > 0 {
		w.Dry = false
		if err := f.call(ctx, http.MethodPost, "/workflows/apply", w, p); err != nil {
			return err
		}
	}
	f.show(p)
	if p.Changes == 0 {
		f.say(p, "Nothing to do: all %d are as they should be.", len(p.Data))
		return nil
	}
	f.say(p, "Done: %s.", count(p))
	return nil
}

// ask asks the server for a plan.
func (f *Folder) ask(ctx context.Context, paths []string) (*plan, *wish, error) {
	docs, err := read(paths)
	if err != nil {
		return nil, nil, err
	}
	w := &wish{Documents: docs, Dry: true, Drafts: f.Drafts, Prune: f.Prune, Anyway: f.Anyway, Message: f.Message}
	if w.Message == "" {
		w.Message = commit(ctx, paths[0])
	}
	var p plan
	return &p, w, f.call(ctx, http.MethodPost, "/workflows/apply", w, &p)
}

func (f *Folder) call(ctx context.Context, method, path string, in, out any) error {
	header := http.Header{"X-Pd-Environment": {f.Environment}}
	return f.Server.Call(ctx, method, "/projects/"+url.PathEscape(f.Project)+path, header, in, out) //nolint:wrapcheck // a sentence of the server
}

// commit is the commit of the checkout that a path lies in; "" = there is none.
func commit(ctx context.Context, at string) string {
	if info, err := os.Stat(at); err == nil && !info.IsDir() {
		at = filepath.Dir(at)
	}
	out, err := exec.CommandContext(ctx, "git", "-C", at, "log", "-1", "--format=%h %s").Output() //nolint:gosec // a folder that the developer names
	if err != nil {
		return ""
	}
	text := []rune(strings.ToValidUTF8(strings.TrimSpace(string(out)), ""))
	return string(text[:min(len(text), 200)])
}

// count says how much there is to do, or was done.
func count(p *plan) string {
	n := map[string]int{}
	for i := range p.Data {
		n[p.Data[i].Action]++
	}
	var parts []string
	for _, action := range []string{"create", "change", "delete", "unchanged"} {
		if n[action] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[action], action))
		}
	}
	return strings.Join(parts, ", ")
}
