package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/draft"
	"github.com/patchbay-dev/patchbay/internal/rehearsal"
	"github.com/patchbay-dev/patchbay/internal/remote"
)

// appFiles is what an operator does with app files, each named itself or by its folder.
func (p *Program) appFiles() *cobra.Command {
	one := func(use, short string, do func(ctx context.Context, names []string) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: words(1, -1), RunE: func(cmd *cobra.Command, args []string) error { return do(cmd.Context(), args) }}
	}
	return group("app", "Files of apps: checked, tried, uploaded, drafted",
		one("lint FILE…", "Check app files, and say line by line what is wrong", func(_ context.Context, names []string) error { return lintApps(p.Out, names) }),
		one("dry-run FILE…", "Play the recorded answers beside app files, without a network", func(ctx context.Context, names []string) error {
			return eachFile(names, func(f *appFile) error { return f.dryRun(ctx, p.Out) })
		}),
		p.addApps(),
		p.importOpenAPI(),
	)
}

func (p *Program) addApps() *cobra.Command {
	cmd := &cobra.Command{Use: "add FILE…", Short: "Upload app files as the workspace's own", Args: words(1, -1)}
	p.who(cmd)
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		at, _, err := p.place(cmd)
		if err != nil {
			return err
		}
		server, err := at.server()
		if err != nil {
			return err
		}
		if err := server.SignIn(cmd.Context()); err != nil {
			return err
		}
		return eachFile(names, func(f *appFile) error { return f.upload(cmd.Context(), server, p.Out) })
	}
	return cmd
}

func (p *Program) importOpenAPI() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import-openapi FILE|URL --slug SLUG", Short: "Write the draft of an app file from an OpenAPI 3 document", Args: words(1, 1),
		Example: "  patchbay app import-openapi https://api.example.com/openapi.json --slug our_crm > app.yaml",
	}
	slug := cmd.Flags().String("slug", "", "what the app is to be called, a `SLUG`")
	needs(cmd, "slug")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		document, err := p.readDocument(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return p.draft(document, args[0], *slug)
	}
	return cmd
}

// appFile is a file with the recorded answers beside it.
type appFile struct {
	name     string
	source   []byte
	fixtures map[string]string
}

func eachFile(names []string, do func(*appFile) error) error {
	for _, name := range names {
		f, err := readAppFile(name)
		if err != nil {
			return err
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

func readAppFile(name string) (*appFile, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, "app.yaml")
	}
	src, err := os.ReadFile(name) //nolint:gosec // the files that the caller names
	if err != nil {
		return nil, fmt.Errorf("read app file: %w", err)
	}
	f := &appFile{name: name, source: src, fixtures: map[string]string{}}
	answers, err := filepath.Glob(filepath.Join(filepath.Dir(name), "fixtures", "*.json"))
	if err != nil {
		return nil, fmt.Errorf("find recorded answers: %w", err)
	}
	for _, at := range answers {
		b, err := os.ReadFile(at) //nolint:gosec // beside the file that the caller names
		if err != nil {
			return nil, fmt.Errorf("read recorded answer: %w", err)
		}
		f.fixtures[filepath.Base(at)] = string(b)
	}
	return f, nil
}

func (f *appFile) lint(w io.Writer) (*catalog.App, error) {
	a, problems := catalog.Lint(f.source)
	for _, p := range problems {
		_, _ = fmt.Fprintf(w, "%s: %s\n", f.name, p)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s: %d to mend", f.name, len(problems))
	}
	return a, nil
}

func (f *appFile) dryRun(ctx context.Context, w io.Writer) error {
	a, err := f.lint(w)
	if err != nil {
		return err
	}
	failed := 0
	for _, c := range rehearsal.Run(ctx, a, func(file string) ([]byte, error) {
		if text, ok := f.fixtures[file]; ok {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	}) {
		_, _ = fmt.Fprintf(w, "%-7s  %s: %s: %s\n", c.Result, c.Auth, c.Name, c.Text)
		if c.Result == rehearsal.Failed {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d checks failed in %s", failed, f.name)
	}
	return nil
}

// lintApps writes, line by line, what is wrong with app files, and returns an
// error when something is.
func lintApps(w io.Writer, names []string) error {
	wrong := 0
	err := eachFile(names, func(f *appFile) error {
		_, problems := catalog.Lint(f.source)
		for _, p := range problems {
			_, _ = fmt.Fprintf(w, "%s: %s\n", f.name, p)
		}
		wrong += len(problems)
		return nil
	})
	if err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d to mend, in %d looked at", wrong, len(names))
	}
	_, _ = fmt.Fprintf(w, "%d files are sound\n", len(names))
	return nil
}

// upload saves the file as one of the workspace's own.
func (f *appFile) upload(ctx context.Context, server *remote.Client, w io.Writer) error {
	a, err := f.lint(w)
	if err != nil {
		return err
	}
	var out struct{ Version int }
	if err := server.Call(ctx, http.MethodPut, "/app_files/"+a.Slug, nil, map[string]any{"source": string(f.source), "fixtures": f.fixtures}, &out); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(w, "%s serves as version %d at %s\n", a.Slug, out.Version, server.Base)
	return nil
}

// maxDocument is the largest OpenAPI document that is read, in bytes.
const maxDocument = 20 << 20

// draft writes a draft of an app file, and to Err what it lacks.
func (p *Program) draft(document []byte, from, slug string) error {
	out, err := draft.New(document, slug, from)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	_, _ = p.Out.Write(out)
	_, problems := catalog.Lint(out)
	for _, problem := range problems {
		_, _ = fmt.Fprintf(p.Err, "to be filled in: %s\n", problem)
	}
	if len(problems) > 0 {
		_, _ = fmt.Fprintln(p.Err, "The comments in the draft say what the document leaves open.")
	}
	return nil
}

func (p *Program) readDocument(ctx context.Context, from string) ([]byte, error) {
	if u, err := url.Parse(from); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		b, err := os.ReadFile(from) //nolint:gosec // the file that the caller names
		if err != nil {
			return nil, fmt.Errorf("read document: %w", err)
		}
		return b, nil
	}
	c, err := p.Load()
	if err != nil {
		return nil, err
	}
	guard, err := c.Guard()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	res, err := guard.Client(30*time.Second, 2).Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s does not answer: %w", strings.TrimSuffix(from, "/"), err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s, want the document", from, res.Status)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err == nil && len(b) > maxDocument {
		err = errors.New("the document is larger than 20 MiB")
	}
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return b, nil
}
