package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Compile makes a module beside each file of TypeScript in a package's folder: of
// x.ts or x.mts, x.mjs, which takes in what it imports of the folder. A module that
// is there already is left alone, and so are packages. It returns the modules, by
// their paths inside the folder.
//
// Nothing outside of the folder is read: the package is somebody else's.
func Compile(folder string) ([]string, error) {
	folder, err := filepath.EvalSymlinks(folder)
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	entries, err := typescript(folder)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	built := api.Build(api.BuildOptions{
		EntryPoints: entries, AbsWorkingDir: folder, Outdir: folder, Outbase: folder, OutExtension: map[string]string{".js": ".mjs"},
		Bundle: true, Packages: api.PackagesExternal, Format: api.FormatESModule, Platform: api.PlatformNode, Target: api.ES2022,
		Charset: api.CharsetUTF8, Sourcemap: api.SourceMapInline, SourcesContent: api.SourcesContentExclude, TsconfigRaw: "{}", LogLevel: api.LogLevelSilent,
		Plugins: []api.Plugin{within(folder)},
	})
	if len(built.Errors) > 0 {
		return nil, wrong("%s", where(built.Errors[0]))
	}
	out := make([]string, 0, len(built.OutputFiles))
	for _, f := range built.OutputFiles {
		if err := os.WriteFile(f.Path, f.Contents, 0o644); err != nil { //nolint:gosec // the host is another user
			return nil, fmt.Errorf("compile: %w", err)
		}
		path, err := filepath.Rel(folder, f.Path)
		if err != nil {
			return nil, fmt.Errorf("compile: %w", err)
		}
		out = append(out, filepath.ToSlash(path))
	}
	return out, nil
}

// typescript finds the files that have no module yet.
func typescript(folder string) (found []string, err error) {
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "node_modules" || strings.HasPrefix(e.Name(), ".")) && path != folder {
			return fs.SkipDir
		}
		ext := filepath.Ext(path)
		if !e.Type().IsRegular() || ext != ".ts" && ext != ".mts" || strings.HasSuffix(strings.TrimSuffix(path, ext), ".d") {
			return nil
		}
		_, err = os.Lstat(strings.TrimSuffix(path, ext) + ".mjs")
		if errors.Is(err, fs.ErrNotExist) {
			found = append(found, path)
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return found, nil
}

// within refuses what lies outside of a folder.
func within(folder string) api.Plugin {
	return api.Plugin{Name: "within", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: ".*"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			at, err := filepath.EvalSymlinks(args.Path)
			if err != nil || !strings.HasPrefix(at, folder+string(filepath.Separator)) {
				return api.OnLoadResult{}, errors.New("this lies outside of the package")
			}
			return api.OnLoadResult{}, nil
		})
	}}
}

func where(m api.Message) string {
	if m.Location == nil {
		return m.Text
	}
	return fmt.Sprintf("%s:%d: %s", m.Location.File, m.Location.Line, m.Text)
}
