package runner

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed host
var host embed.FS

// oldest is the major version of Node.js that components need.
const oldest = 20

// unpack writes the host's modules into a new folder that others may read and
// nobody may change.
func unpack() (folder string, err error) {
	if folder, err = os.MkdirTemp("", "patchbay-host-"); err != nil {
		return "", fmt.Errorf("make a folder for the host: %w", err)
	}
	files, err := fs.Sub(host, "host")
	if err == nil {
		err = os.CopyFS(folder, files)
	}
	if err == nil {
		err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() {
				return os.Chmod(path, 0o755) //nolint:gosec // the host is another user
			}
			return os.Chmod(path, 0o444) //nolint:gosec // the same
		})
	}
	if err != nil {
		_ = os.RemoveAll(folder)
		return "", fmt.Errorf("write the host: %w", err)
	}
	return folder, nil
}

// Node finds the Node.js that components are run with: the named one, or the
// first in the PATH. It returns ErrMissing if there is none that is new enough.
func Node(ctx context.Context, named string) (path, version string, err error) {
	if named == "" {
		named = "node"
	}
	if path, err = exec.LookPath(named); err != nil {
		return "", "", ErrMissing.Because(err)
	}
	if path, err = filepath.Abs(path); err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", "", ErrMissing.Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	ask := exec.CommandContext(ctx, path, "--version")
	ask.Env = []string{}
	said, err := ask.Output()
	if err != nil {
		return "", "", ErrMissing.Because(err)
	}
	version = strings.TrimPrefix(strings.TrimSpace(string(said)), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldest {
		return "", "", ErrMissing.Because(errors.New("it is version " + version))
	}
	return path, version, nil
}
