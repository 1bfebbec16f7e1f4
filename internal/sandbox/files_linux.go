package sandbox

import (
	"fmt"
	"io/fs"
	"os"
)

// giveTo makes what is writable the user's own, and the pipes: a program may open
// them by their names, such as /dev/stderr.
func (p *Process) giveTo(user int, s Spec) error {
	pipes := s.ExtraFiles[:len(s.ExtraFiles):len(s.ExtraFiles)]
	for _, f := range []any{p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr} {
		if f, ok := f.(*os.File); ok {
			pipes = append(pipes, f)
		}
	}
	for _, f := range pipes {
		if at, err := f.Stat(); err == nil && at.Mode()&fs.ModeNamedPipe != 0 {
			if err := f.Chown(user, user); err != nil {
				return fmt.Errorf("give a pipe away: %w", err)
			}
		}
	}
	for _, path := range append(s.Writable[:len(s.Writable):len(s.Writable)], s.Tmp) {
		if path == "" {
			continue
		}
		if err := give(user, path); err != nil {
			return fmt.Errorf("give %s away: %w", path, err)
		}
	}
	return nil
}

// give keeps to what is below the path: a link is given, and not what it leads to.
func give(user int, path string) error {
	if at, err := os.Stat(path); err != nil || !at.IsDir() {
		return os.Lchown(path, user, user)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return root.Lchown(name, user, user)
	})
}
