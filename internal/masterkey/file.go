package masterkey

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func readFile(path string) (*Key, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s%s: %w", fileScheme, path, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("read master key: %w", err)
	}
	k, err := Parse(string(text), fileScheme+path)
	if err != nil {
		return nil, fmt.Errorf("%s holds no master key, which is 32 bytes in base64: bring the file back from where you keep a copy", path)
	}
	return k, nil
}

// Write puts the key in a new file that its owner alone may read, whole or not
// at all, and makes the folder if need be. It returns the key as Open then does;
// a file that another process has put there first is left as it is, and read.
func (k *Key) Write(path string) (*Key, error) {
	text, ok := k.Bytes()
	if !ok {
		return nil, errors.New("a key service does not hand out its key")
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of master key: %w", err)
	}
	draft, err := os.CreateTemp(dir, ".master-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("write master key: %w", err)
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.WriteString(text + "\n")
	if err == nil {
		err = draft.Sync()
	}
	if closed := draft.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Link(draft.Name(), path) // never over a file that is there
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("write master key: %w", err)
	}
	if d, err := os.Open(dir); err == nil { //nolint:gosec // as above
		_ = d.Sync() // the name, too, must outlive a power cut; not every file system can
		_ = d.Close()
	}
	return readFile(path)
}
