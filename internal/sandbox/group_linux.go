package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// hierarchy is where control groups for programs are made, of either version of
// cgroups(7). The zero one is that of a machine that lets us make none.
type hierarchy struct {
	memory, pids string // folders; the same in version 2
	unified      bool
}

const (
	groupPrefix = "patchbay-"
	cpuPeriod   = 100_000  // µs
	ownGroup    = "server" // in version 2 a group that has groups has no processes: ours go there
)

var groups = sync.OnceValue(func() hierarchy {
	h := findGroups("/sys/fs/cgroup", "/proc/self/cgroup")
	g, err := h.new(Usual) // a trial
	if err != nil {
		return hierarchy{}
	}
	g.remove()
	h.sweep()
	return h
})

var groupNumber atomic.Int64

// findGroups reads in which groups this process is.
func findGroups(root, of string) (h hierarchy) {
	f, err := os.Open(of) //nolint:gosec // the kernel's
	if err != nil {
		return h
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		parts := strings.SplitN(lines.Text(), ":", 3) // number, controllers, path
		if len(parts) != 3 {
			continue
		}
		switch controllers := strings.Split(parts[1], ","); {
		case slices.Contains(controllers, "memory"):
			h.memory = filepath.Join(root, "memory", parts[2])
		case slices.Contains(controllers, "pids"):
			h.pids = filepath.Join(root, "pids", parts[2])
		case parts[0] == "0" && h.memory == "" && h.pids == "":
			if at, err := delegated(filepath.Join(root, parts[2])); err == nil {
				return hierarchy{at, at, true}
			}
		}
	}
	if h.memory == "" || h.pids == "" {
		return hierarchy{}
	}
	return h
}

// delegated makes a group of version 2 one that may have groups, if it was given to us.
func delegated(at string) (string, error) {
	text, err := os.ReadFile(filepath.Join(at, "cgroup.controllers")) //nolint:gosec // the kernel's
	if err != nil {
		return "", fmt.Errorf("read controllers: %w", err)
	}
	if have := strings.Fields(string(text)); !slices.Contains(have, "memory") || !slices.Contains(have, "pids") {
		return "", errors.ErrUnsupported
	}
	if filepath.Base(at) == ownGroup { // a process before us has done it
		at = filepath.Dir(at)
	} else if err := moveAside(at); err != nil {
		return "", err
	}
	_ = write(at, "cgroup.subtree_control", "+cpu") // where it was not given to us, CPUSeconds is all that limits it
	return at, write(at, "cgroup.subtree_control", "+memory +pids")
}

func moveAside(at string) error {
	aside := filepath.Join(at, ownGroup)
	if err := os.Mkdir(aside, 0o755); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // as groups are
		return fmt.Errorf("make a group: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(at, "cgroup.procs")) //nolint:gosec // the kernel's
	if err != nil {
		return fmt.Errorf("read processes: %w", err)
	}
	for _, pid := range strings.Fields(string(text)) {
		if err := write(aside, "cgroup.procs", pid); err != nil {
			return err
		}
	}
	return nil
}

// controlGroup is that of one program.
type controlGroup struct {
	h            hierarchy
	memory, pids string
}

func (h hierarchy) new(l Limits) (*controlGroup, error) {
	if h.memory == "" {
		return nil, errors.ErrUnsupported
	}
	name := fmt.Sprintf("%s%d-%d", groupPrefix, os.Getpid(), groupNumber.Add(1))
	g := &controlGroup{h, filepath.Join(h.memory, name), filepath.Join(h.pids, name)}
	limit := "memory.limit_in_bytes"
	if h.unified {
		limit = "memory.max"
	}
	err := g.make()
	if err == nil {
		err = errors.Join(write(g.memory, limit, strconv.FormatInt(l.MemoryBytes, 10)), write(g.pids, "pids.max", strconv.Itoa(l.Pids+own)))
	}
	if err != nil {
		g.remove()
		return nil, err
	}
	if h.unified { // where there is swap, it is no way round
		_ = write(g.memory, "memory.swap.max", "0")
		_ = write(g.memory, "cpu.max", fmt.Sprintf("%d %d", l.Cores*cpuPeriod, cpuPeriod))
	} else {
		_ = write(g.memory, "memory.memsw.limit_in_bytes", strconv.FormatInt(l.MemoryBytes, 10))
	}
	return g, nil
}

func (g *controlGroup) make() error {
	for _, at := range g.folders() {
		if err := os.Mkdir(at, 0o755); err != nil { //nolint:gosec // as groups are
			return fmt.Errorf("make a group: %w", err)
		}
	}
	return nil
}

func (g *controlGroup) folders() []string { return slices.Compact([]string{g.memory, g.pids}) }

func (g *controlGroup) add(pid int) error {
	var errs []error
	for _, at := range g.folders() {
		errs = append(errs, write(at, "cgroup.procs", strconv.Itoa(pid)))
	}
	return errors.Join(errs...)
}

// ranOut reports whether the kernel killed somebody in it for want of memory.
func (g *controlGroup) ranOut() bool {
	name := "memory.oom_control"
	if g.h.unified {
		name = "memory.events"
	}
	text, _ := os.ReadFile(filepath.Join(g.memory, name))
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
			return n != "0"
		}
	}
	return false
}

// remove waits for the last of its processes to be gone, for a second.
func (g *controlGroup) remove() {
	for _, at := range g.folders() {
		for range 50 {
			if err := os.Remove(at); err == nil || errors.Is(err, os.ErrNotExist) {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// sweep removes what processes left behind that were killed. Groups with
// processes in them stay.
func (h hierarchy) sweep() {
	for _, at := range slices.Compact([]string{h.memory, h.pids}) {
		left, _ := filepath.Glob(filepath.Join(at, groupPrefix+"*"))
		for _, l := range left {
			_ = os.Remove(l)
		}
	}
}

func write(at, name, value string) error {
	if err := os.WriteFile(filepath.Join(at, name), []byte(value), 0); err != nil { //nolint:gosec // it is there
		return fmt.Errorf("set a control group: %w", err)
	}
	return nil
}
