package workbench

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// Dev brings a component to the server each time that it is saved, as a version that
// ends in -dev, and runs an action for a user, with an account of theirs. What goes
// wrong is said, and tried again when the file changes; Dev ends with ctx.
func (b *Bench) Dev(ctx context.Context, at string) error {
	if _, err := os.Stat(at); err != nil {
		return fmt.Errorf("dev: %w", err)
	}
	seen := ""
	for {
		now, err := stamp(at)
		if err != nil {
			return err
		}
		if now != seen {
			seen = now
			err := b.round(ctx, at)
			if b.Once || ctx.Err() != nil {
				return err
			}
			if err != nil {
				b.say(map[string]any{"error": err.Error()}, "%s", err)
			}
			if !b.JSON {
				b.say(nil, "— waiting for a change of %s; end with Ctrl+C", at)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(b.Every):
		}
	}
}

// round is one time of Dev.
func (b *Bench) round(ctx context.Context, at string) error {
	if err := b.install(ctx, at, true); err != nil {
		return err
	}
	if b.User == "" {
		return nil
	}
	keys, err := b.keys(ctx, at)
	if err != nil {
		return err
	}
	for _, c := range keys {
		if c.Type == string(component.Action) {
			if err := b.run(ctx, c); err != nil {
				return err
			}
		} else if !b.JSON {
			b.say(nil, "%s is a trigger: deploy it for a user, and see its events with patchbay listen", c.Key)
		}
	}
	return nil
}

// keys are what a path holds, as it was just installed.
func (b *Bench) keys(ctx context.Context, at string) ([]release, error) {
	if isOperation(at) {
		f, err := b.readOperation(at)
		if err != nil {
			return nil, err
		}
		var all struct {
			Versions []release `json:"versions"`
		}
		if err := b.Server.Call(ctx, http.MethodGet, "/private_components/"+url.PathEscape(f.name), nil, nil, &all); err != nil {
			return nil, err //nolint:wrapcheck // a sentence of the server
		}
		return worked(all.Versions), nil
	}
	src, err := os.ReadFile(filepath.Join(at, "package.json")) //nolint:gosec // what the developer names
	if err != nil {
		return nil, fmt.Errorf("dev: %w", err)
	}
	var m, all struct {
		Name string `json:"name"`
		Data []pack `json:"data"`
	}
	if err := json.Unmarshal(src, &m); err != nil {
		return nil, fmt.Errorf("dev: package.json: %w", err)
	}
	if err := b.Server.Call(ctx, http.MethodGet, "/component_packages", nil, nil, &all); err != nil {
		return nil, err //nolint:wrapcheck // a sentence of the server
	}
	for _, p := range all.Data {
		if p.Name == m.Name {
			return worked(p.Components), nil
		}
	}
	return nil, nil
}

// worked are those that are worked on.
func worked(all []release) (out []release) {
	for _, r := range all {
		if strings.HasSuffix(r.Version, "-dev") {
			out = append(out, r)
		}
	}
	return out
}

// run runs an action for the user, and says what came of it.
func (b *Bench) run(ctx context.Context, c release) error {
	var out struct {
		Ret     any            `json:"ret"`
		Exports map[string]any `json:"exports"`
		Os      []struct {
			K   string `json:"k"`
			Msg string `json:"msg"`
		} `json:"os"`
		Error *struct {
			Name    string `json:"name"`
			Message string `json:"message"`
		} `json:"error"`
	}
	props, err := b.filled(ctx, c)
	if err != nil {
		return err
	}
	in := map[string]any{"id": c.Key, "version": c.Version, "external_user_id": b.User, "configured_props": props}
	header := http.Header{"X-Pd-Environment": {b.Environment}}
	began := time.Now() //nolint:forbidigo // for people to read
	if err := b.Server.Call(ctx, http.MethodPost, "/connect/"+url.PathEscape(b.Project)+"/actions/run", header, in, &out); err != nil {
		return err //nolint:wrapcheck // a sentence of the server
	}
	if b.JSON {
		b.say(map[string]any{"key": c.Key, "version": c.Version, "run": out}, "")
	} else {
		for _, o := range out.Os {
			b.say(nil, "  %s", o.Msg)
		}
		ret, _ := json.MarshalIndent(out.Ret, "  ", "  ") // it was JSON before
		b.say(nil, "  returned %s", ret)
		if summary, ok := out.Exports["$summary"]; ok {
			b.say(nil, "  %v", summary)
		}
		b.say(nil, "  %s ran for %s in %s", c.Key, b.User, time.Since(began).Round(time.Millisecond))
	}
	if out.Error != nil {
		return fmt.Errorf("%s failed: %s: %s", c.Key, out.Error.Name, out.Error.Message)
	}
	return nil
}

// filled are the props that were given, with an account of the user's for each app
// that they name none for.
func (b *Bench) filled(ctx context.Context, c release) (map[string]any, error) {
	var of struct {
		Data struct {
			Props []struct {
				Name string `json:"name"`
				Type string `json:"type"`
				App  string `json:"app"`
			} `json:"configurable_props"`
		} `json:"data"`
	}
	at := "/connect/" + url.PathEscape(b.Project) + "/components/" + url.PathEscape(c.Key) + "?version=" + url.QueryEscape(c.Version)
	if err := b.Server.Call(ctx, http.MethodGet, at, http.Header{"X-Pd-Environment": {b.Environment}}, nil, &of); err != nil {
		return nil, err //nolint:wrapcheck // a sentence of the server
	}
	props := maps.Clone(b.Props)
	for _, p := range of.Data.Props {
		if p.Type != "app" || props[p.Name] != nil {
			continue
		}
		id, err := b.account(ctx, p.App)
		if err != nil {
			return nil, err
		}
		props[p.Name] = map[string]any{"authProvisionId": id}
	}
	return props, nil
}

// account returns the newest account that the user has with an app.
func (b *Bench) account(ctx context.Context, app string) (string, error) {
	var out struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	at := "/connect/" + url.PathEscape(b.Project) + "/accounts?limit=1&external_user_id=" + url.QueryEscape(b.User) + "&app=" + url.QueryEscape(app)
	if err := b.Server.Call(ctx, http.MethodGet, at, http.Header{"X-Pd-Environment": {b.Environment}}, nil, &out); err != nil {
		return "", err //nolint:wrapcheck // a sentence of the server
	}
	if len(out.Data) == 0 {
		return "", fmt.Errorf("%s has no account with %s in %s: connect one, or give --props", b.User, app, b.Environment)
	}
	return out.Data[0].ID, nil
}

// stamp is what changes with the files of a path.
func stamp(at string) (string, error) {
	var b strings.Builder
	err := filepath.WalkDir(at, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			if err == nil && (e.Name() == "node_modules" || e.Name() == ".git") {
				return fs.SkipDir
			}
			return err
		}
		info, err := e.Info()
		if err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return "", fmt.Errorf("dev: %w", err)
	}
	return b.String(), nil
}
