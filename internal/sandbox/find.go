package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// shown are the folders that every program sees.
var shown = []string{"/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/nix/store/"}

// Find looks for a program on the PATH and returns where it is, and what has to be
// shown for it to run: nothing for the system's own, the folder that it was
// installed into (with bin and lib) for others, or else the file alone.
func Find(name string) (path string, show []string, err error) {
	path, err = exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", nil, fmt.Errorf("find %s: %w", name, err)
	}
	for _, folder := range shown {
		if strings.HasPrefix(path, folder) {
			return path, nil, nil
		}
	}
	prefix := filepath.Dir(filepath.Dir(path))
	home, _ := os.UserHomeDir()
	if at, err := os.Stat(filepath.Join(prefix, "lib")); err == nil && at.IsDir() && prefix != home && prefix != "/" && filepath.Base(filepath.Dir(path)) == "bin" {
		return path, []string{prefix}, nil
	}
	return path, []string{path}, nil
}
