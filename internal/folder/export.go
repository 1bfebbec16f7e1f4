package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// SchemaLine has editors complete and check a document, from the schema at a server.
func SchemaLine(base string) string {
	return "# yaml-language-server: $schema=" + strings.TrimSuffix(base, "/") + "/schemas/workflow.v1.json\n"
}

// Export writes the workflows of the project into a folder. A file that says the
// same already stays as it is, with its comments; one that says something else is
// written over with Force alone.
func (f *Folder) Export(ctx context.Context, dir string) error {
	path := "/workflows/export"
	if f.Drafts {
		path += "?drafts=true"
	}
	var out struct {
		Data []struct {
			File   string `json:"file"`
			Key    string `json:"key"`
			Source string `json:"source"`
		} `json:"data"`
	}
	if err := f.call(ctx, http.MethodGet, path, nil, &out); err != nil {
		return err
	}
	there, err := known(dir)
	if err != nil {
		return err
	}
	written := []string{}
	for _, e := range out.Data {
		if filepath.Base(e.File) != e.File {
			return fmt.Errorf("the server names a file %q", e.File)
		}
		source, at := e.Source, filepath.Join(dir, e.File)
		if before, ok := there[e.Key]; ok {
			if same(before.Source, source) {
				continue
			}
			if at = filepath.Join(dir, filepath.FromSlash(before.File)); !f.Force {
				return fmt.Errorf("%s says something else than what runs: see it with plan, or write over it with --force", at)
			}
		}
		if strings.HasSuffix(at, ".yaml") {
			source = SchemaLine(f.Base) + source
		}
		if err := write(at, source); err != nil {
			return err
		}
		written = append(written, at)
	}
	for _, at := range written {
		f.say(nil, "%s is written", at)
	}
	f.say(map[string]any{"written": written, "workflows": len(out.Data)}, "%d workflows, %d files written.", len(out.Data), len(written))
	return nil
}

// known are the documents of a folder, by key. What is none is left out.
func known(dir string) (map[string]document, error) {
	out := map[string]document{}
	docs, err := below(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	for _, d := range docs {
		key := strings.TrimSuffix(filepath.Base(d.File), filepath.Ext(d.File))
		if def, problems, err := workflow.Parse([]byte(d.Source)); err == nil && len(problems) == 0 && def.Key != "" {
			key = def.Key
		}
		out[key] = d
	}
	return out, err
}

// same reports whether two texts mean the same workflow, whatever the first says of
// its key: its file may say that.
func same(a, b string) bool {
	x, wrong, err := workflow.Parse([]byte(a))
	if err != nil || len(wrong) > 0 {
		return false
	}
	y, wrong, err := workflow.Parse([]byte(b))
	if err != nil || len(wrong) > 0 {
		return false
	}
	if x.Key == "" {
		x.Key = y.Key
	}
	changes, err := workflow.Diff(x, y)
	return err == nil && len(changes) == 0
}

func write(at, text string) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil { //nolint:gosec // the developer's own
		return err //nolint:wrapcheck // names the folder
	}
	return os.WriteFile(at, []byte(text), 0o644) //nolint:gosec,wrapcheck // likewise
}
