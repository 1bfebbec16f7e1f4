// Package folder is what a developer does with workflows that are files: say what
// would change on a server, change it, and take what is there into files.
package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/remote"
)

// most is the largest file that is read, in bytes.
const most = 2 << 20

// Folder is a developer's workflows, and the server that they are brought to.
type Folder struct {
	Server      *remote.Client
	Base        string // where the server is, for the line that editors read
	Project     string
	Environment string // whose variables and accounts they are to find
	Message     string // why; "" = the commit of the checkout that the files lie in
	Prune       bool
	Anyway      bool // what is missing there is no problem
	Drafts      bool
	Force       bool // files may be written over
	JSON        bool
	Aliases     map[string]string // accounts by alias, to be set before
	Out         io.Writer
}

// Faults that commands end with.
var (
	ErrPending = errors.New("there is something to do") // of a plan
	ErrWrong   = errors.New("there is something to mend")
)

// document is a file as the API takes it.
type document struct {
	File   string `json:"file"`
	Source string `json:"source"`
}

// read returns the documents at paths: files, and all that end in .yaml, .yml or .json
// below folders, but for what begins with a dot and node_modules. Their names are
// relative to the folder.
func read(paths []string) ([]document, error) {
	var out []document
	for _, at := range paths {
		info, err := os.Stat(at)
		if err != nil {
			return nil, err //nolint:wrapcheck // names the file
		}
		if !info.IsDir() {
			d, err := file(at, filepath.ToSlash(at))
			if err != nil {
				return nil, err
			}
			out = append(out, *d)
			continue
		}
		found, err := below(at)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: there is no .yaml, .yml or .json", strings.Join(paths, ", "))
	}
	return out, nil
}

func below(root string) (out []document, err error) {
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		hidden := name != root && (strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules")
		switch {
		case err != nil:
			return err
		case hidden && e.IsDir():
			return fs.SkipDir
		case hidden || !e.Type().IsRegular() || !slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name))):
			return nil
		}
		as, err := filepath.Rel(root, name)
		if err != nil {
			return err //nolint:wrapcheck // names the file
		}
		d, err := file(name, filepath.ToSlash(as))
		if err == nil {
			out = append(out, *d)
		}
		return err
	})
	return out, err //nolint:wrapcheck // names the file
}

func file(name, as string) (*document, error) {
	f, err := os.Open(name) //nolint:gosec // the files that the developer names
	if err != nil {
		return nil, err //nolint:wrapcheck // names the file
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err //nolint:wrapcheck // names the file
	}
	if len(b) > most {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, most)
	}
	return &document{as, string(b)}, nil
}
