package runner

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The oldest versions that run the host.
const (
	oldest     = 20 // of Node.js
	oldestDeno = 2
)

// Runtime is a program that runs JavaScript.
type Runtime struct {
	Name    string // Node.js | Deno
	Version string
	Path    string

	deno bool
	// reserved is the room for code, in bytes, that its engine asks for at its
	// beginning and that counts as used for the limit of a process: V8 does so
	// since version 13.
	reserved int64
}

// reservedForCode is 512 MiB and what the engine and its threads add to them.
const reservedForCode = 640 << 20

// FindRuntime finds what components are run with: the named Deno, else the named
// Node.js, else the first Node.js in the PATH. It returns ErrMissing if that is not
// there or not new enough.
func FindRuntime(ctx context.Context, node, deno string) (*Runtime, error) {
	rt := &Runtime{Name: "Node.js", Path: node, deno: deno != ""}
	switch {
	case rt.deno:
		rt.Name, rt.Path = "Deno", deno
	case node == "":
		rt.Path = "node"
	}
	path, err := exec.LookPath(rt.Path)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return nil, ErrMissing.Because(err)
	}
	rt.Path = path
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ask := exec.CommandContext(ctx, path, "--version") //nolint:gosec // the operator named it
	ask.Env = []string{"HOME=" + os.TempDir(), "DENO_NO_UPDATE_CHECK=1"}
	said, err := ask.Output()
	if err != nil {
		return nil, ErrMissing.Because(err)
	}
	return rt, rt.read(string(said))
}

// read reads what a runtime says of its version: "v24.1.0", or "deno 2.9.6 (…)".
func (rt *Runtime) read(said string) error {
	said, least := strings.TrimSpace(said), oldest
	rt.Version = strings.TrimPrefix(said, "v")
	if rt.deno {
		words := append(strings.Fields(said), "", "")
		if rt.Version, least = words[1], oldestDeno; words[0] != "deno" {
			return ErrMissing.Because(errors.New(rt.Path + " is no Deno"))
		}
	}
	major, _, _ := strings.Cut(rt.Version, ".")
	n, err := strconv.Atoi(major)
	if err != nil || n < least {
		return ErrMissing.Because(errors.New("it is version " + rt.Version))
	}
	if rt.deno || n >= 24 {
		rt.reserved = reservedForCode
	}
	return nil
}

// command is how it is called to run the host in its folder, its heap bounded.
func (rt *Runtime) command(host string, heapMiB int64) []string {
	main := filepath.Join(host, "main.mjs")
	heap := "--max-old-space-size=" + strconv.FormatInt(heapMiB, 10)
	if rt.deno { // what a component may do is the sandbox's to say; Deno itself is to fetch nothing
		return []string{
			rt.Path, "run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--cached-only", "--node-modules-dir=manual", "--unstable-detect-cjs",
			"--import-map=" + filepath.Join(host, "imports.json"), "--allow-all", "--v8-flags=" + heap, main,
		}
	}
	return []string{rt.Path, heap, "--no-warnings", main}
}

// environment is what it has of one, whatever it runs.
func (rt *Runtime) environment() []string {
	env := []string{"HOME=/tmp", "LANG=C.UTF-8", "TZ=UTC", "NODE_ENV=production"}
	if rt.deno {
		env = append(env, "DENO_DIR=/tmp/.deno", "DENO_NO_UPDATE_CHECK=1", "NO_COLOR=1")
	}
	return env
}

// shown is what has to be seen for it to run, if it is none of the system's own
// programs: a folder with what it was installed with, or else itself.
func (rt *Runtime) shown() []string {
	for _, system := range []string{"/usr/", "/bin/", "/lib"} {
		if strings.HasPrefix(rt.Path, system) {
			return nil
		}
	}
	if rt.deno { // one file, which may lie in somebody's home
		return []string{rt.Path}
	}
	return []string{filepath.Dir(filepath.Dir(rt.Path))}
}
