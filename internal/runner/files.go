package runner

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed host
var host embed.FS

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
