package code

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

const (
	mostBuilt = 64 // programs that are kept
	// buildTimeout is for the machine and not for the code, of which the compiler's
	// processor time says when it is too much: the first build in a new cache compiles
	// the standard library, and a slow machine may have much else to do.
	buildTimeout = 20 * time.Minute
	buildThreads = "4" // of each compiler, and so many compilers: however many processors there are
)

// golang builds a piece of Go, unless it was built before. The compiler runs in a
// sandbox without a network, and alone: it is the only one that may write to its
// cache, and never runs what it compiles. Neither that nor the wait for other builds
// counts against the time that the piece may take.
func (r *Runner) golang(ctx context.Context, p Piece) (program, error) {
	compiler, show, err := find("go", "/usr/local/go/bin/go")
	if err != nil {
		return program{}, err
	}
	folder := r.Cache
	if folder == "" {
		return program{}, ErrMissing.Because(errors.New("no folder is named for built programs"))
	}
	sum := sha256.Sum256([]byte(compiler + "\x00" + goHelper + "\x00" + p.Source))
	built := filepath.Join(folder, "built", hex.EncodeToString(sum[:]))
	done := program{argv: []string{built}, readOnly: []string{built}}
	if now := r.Now(); os.Chtimes(built, now, now) == nil { // it was used just now
		return done, nil
	}
	unlock, err := lock(ctx, folder)
	if err != nil {
		return program{}, err
	}
	defer unlock()
	if _, err := os.Stat(built); err == nil { // another has done it meanwhile
		return done, nil
	}
	done.failure, err = r.build(ctx, p.Source, built, compiler, show)
	return done, err
}

// build compiles a source into a file. What is wrong with the source is the failure.
func (r *Runner) build(ctx context.Context, source, built, compiler string, show []string) (*runner.Failure, error) {
	folder := filepath.Dir(filepath.Dir(built))
	work, err := os.MkdirTemp(folder, "build-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	from, to, cache := filepath.Join(work, "from"), filepath.Join(work, "to"), filepath.Join(folder, "cache")
	err = errors.Join(
		os.Chmod(work, 0o755), //nolint:gosec // another user reads it
		put(filepath.Join(from, "go.mod"), "module patchbay\n\ngo 1.21\n"), put(filepath.Join(from, "main.go"), source),
		put(filepath.Join(from, "step", "step.go"), goHelper),
		os.Mkdir(to, 0o755), os.MkdirAll(cache, 0o755), //nolint:gosec // the same
	)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	proc, err := r.Start(ctx, sandbox.Spec{
		Argv: []string{compiler, "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(to, "step"), "."},
		Env:  []string{"PATH=/usr/bin:/bin", "HOME=/tmp", "GOPATH=/tmp/go", "GOCACHE=" + cache, "CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOPROXY=off", "GOFLAGS=", "GOMAXPROCS=" + buildThreads, "GOENV=off", "GOTELEMETRY=off"},
		Dir:  from, ReadOnly: append(show, from), Writable: []string{to, cache}, Tier: r.Tier,
		Limits: sandbox.Limits{CPUSeconds: 170, MemoryBytes: 2 << 30, Pids: 256, FileBytes: 512 << 20, OpenFiles: 1024, OutputBytes: 1 << 20},
	})
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	said, _ := io.ReadAll(proc.Stderr)
	switch exit := proc.Wait(); {
	case exit.Limit == sandbox.Time: // what was compiled stays in the cache for the next try
		return nil, ErrBusy.Because(ctx.Err())
	case exit.Limit != sandbox.NoLimit:
		return &runner.Failure{Name: "BuildError", Origin: "component", Message: "The code took too long, or too much, to compile."}, nil
	case !exit.OK():
		text := strings.TrimPrefix(strings.TrimSpace(string(said)), "# patchbay\n")
		return &runner.Failure{Name: "BuildError", Origin: "component", Message: "The code does not compile: " + strings.ReplaceAll(text, "./main.go", "main.go")}, nil
	}
	return nil, r.keep(filepath.Join(to, "step"), built)
}

// keep makes a program ours, puts it where it is kept, and lets the oldest go.
func (r *Runner) keep(from, built string) error {
	folder := filepath.Dir(built)
	err := errors.Join(
		os.MkdirAll(folder, 0o755),                                         //nolint:gosec // another user reads it
		os.Lchown(from, os.Geteuid(), os.Getegid()), os.Chmod(from, 0o755), //nolint:gosec // the same
	)
	if err == nil {
		err = os.Rename(from, built)
	}
	if err != nil {
		return fmt.Errorf("keep a program: %w", err)
	}
	all, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("list programs: %w", err)
	}
	used := map[string]time.Time{}
	for _, f := range all {
		if info, err := f.Info(); err == nil {
			used[f.Name()] = info.ModTime()
		}
	}
	slices.SortFunc(all, func(a, b os.DirEntry) int { return used[b.Name()].Compare(used[a.Name()]) })
	for _, f := range all[min(len(all), mostBuilt):] {
		_ = os.Remove(filepath.Join(folder, f.Name()))
	}
	return nil
}

func put(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // another user reads it
		return fmt.Errorf("make a folder: %w", err)
	}
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // the same
}

// lock has one build at a time in a folder, whichever process it is of.
func lock(ctx context.Context, folder string) (unlock func(), err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // another user reads it
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // of the operator
	if err != nil {
		return nil, fmt.Errorf("lock the builds: %w", err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, ErrBusy.Because(ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
