package code

import (
	"context"
	_ "embed"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

var (
	//go:embed helper/step.py
	pythonHelper string
	//go:embed helper/step.sh
	bashHelper string
	//go:embed helper/step/step.go.txt
	goHelper string
)

func python(context.Context, Piece) (program, error) {
	at, show, err := find("/usr/bin/python3", "python3")
	return program{argv: []string{at, "-I", "-u", "-c", pythonHelper}, readOnly: show}, err
}

func bash(context.Context, Piece) (program, error) {
	at, show, err := find("bash")
	return program{argv: []string{at, "-c", bashHelper}, readOnly: show}, err
}

// find returns the first of some programs that is there.
func find(names ...string) (path string, show []string, err error) {
	for _, name := range names {
		if path, show, err = sandbox.Find(name); err == nil {
			return path, show, nil
		}
	}
	return "", nil, ErrMissing.Because(err)
}
