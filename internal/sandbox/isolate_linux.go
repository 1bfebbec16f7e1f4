package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/patchbay-dev/patchbay/internal/sandbox/launcher"
)

// bubblewrap is the program that builds what a program sees.
type bubblewrap struct {
	path  string
	seals bool // it can forbid further user namespaces (0.8)
}

var findBubblewrap = sync.OnceValues(func() (bubblewrap, error) {
	path, err := exec.LookPath("bwrap")
	for _, at := range []string{"/usr/bin/bwrap", "/usr/local/bin/bwrap"} { // a service may have no PATH
		if err != nil {
			path, err = exec.LookPath(at)
		}
	}
	if err != nil {
		return bubblewrap{}, fmt.Errorf("find bubblewrap: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	help, err := exec.CommandContext(ctx, path, "--help").CombinedOutput() //nolint:gosec // as it is found on the PATH
	if err != nil {
		return bubblewrap{}, fmt.Errorf("ask bubblewrap: %w", err)
	}
	return bubblewrap{path, strings.Contains(string(help), "--disable-userns")}, nil
})

// inside is who the program is to itself.
const inside = "1000"

// isolate makes the order for a program in namespaces of its own, and the
// descriptors that it needs, which begin at first. A stranger is not let through
// the folders above what it is given, which is therefore staged.
func isolate(s Spec, strange bool, first int) (launcher.Order, []*os.File, error) {
	b, err := findBubblewrap()
	if err != nil {
		return launcher.Order{}, nil, err
	}
	a := arguments{next: first}
	a.add("--unshare-user", "--uid", inside, "--gid", inside, "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
		"--hostname", "sandbox", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv")
	if b.seals {
		a.add("--disable-userns")
	}
	a.system()
	a.add("--proc", "/proc", "--dev", "/dev", "--size", strconv.FormatInt(s.Limits.FileBytes, 10), "--tmpfs", "/dev/shm", "--remount-ro", "/dev")

	o := launcher.Order{Limits: limits(s.Limits), Gate: s.Egress != nil && s.Tier == Isolated}
	from := func(path string) string { return path }
	if strange {
		o.User = 1
		from = func(path string) string {
			o.Stage = append(o.Stage, path)
			return filepath.Join(launcher.Staged, strconv.Itoa(len(o.Stage)-1))
		}
	}
	if s.Tmp != "" {
		a.add("--bind", from(s.Tmp), "/tmp")
	} else {
		a.add("--size", strconv.FormatInt(s.Limits.FileBytes, 10), "--tmpfs", "/tmp")
	}
	for _, path := range s.ReadOnly {
		a.add("--ro-bind", from(path), path)
	}
	for _, path := range s.Writable {
		a.add("--bind", from(path), path)
	}
	a.add("--remount-ro", "/", "--chdir", s.Dir)
	for _, v := range s.Env {
		name, value, _ := strings.Cut(v, "=")
		a.add("--setenv", name, value)
	}
	if filter := callFilter(); filter != "" {
		a.add("--seccomp", a.file("calls", filter))
	}
	list := strings.Join(a.list, "\x00") + "\x00"
	fd := a.file("arguments", list)
	if a.err != nil {
		closeAll(a.files)
		return launcher.Order{}, nil, a.err
	}
	// By a descriptor, so that no list of processes shows the environment.
	o.Argv = append([]string{b.path, "--args", fd, "--"}, s.Argv...)
	return o, a.files, nil
}

// apart has the launcher begin in namespaces of its own: as root there, and with
// the stranger as user 1 if there is one.
func apart(a *syscall.SysProcAttr, user int) {
	a.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNET
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	if user != 0 {
		a.Cloneflags |= unix.CLONE_NEWNS
		a.UidMappings = append(a.UidMappings, syscall.SysProcIDMap{ContainerID: 1, HostID: user, Size: 1})
		a.GidMappings = append(a.GidMappings, syscall.SysProcIDMap{ContainerID: 1, HostID: user, Size: 1})
		a.GidMappingsEnableSetgroups = true
	}
}

// arguments are those of bubblewrap.
type arguments struct {
	list  []string
	files []*os.File
	next  int // the number that the next file has in the launcher
	err   error
}

func (a *arguments) add(more ...string) { a.list = append(a.list, more...) }

// file holds a text in memory, and returns its descriptor.
func (a *arguments) file(name, text string) string {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		a.err = fmt.Errorf("make a file in memory: %w", err)
		return ""
	}
	f := os.NewFile(uintptr(fd), name)
	a.files = append(a.files, f)
	if _, err := f.WriteAt([]byte(text), 0); err != nil {
		a.err = fmt.Errorf("write a file in memory: %w", err)
	}
	a.next++
	return strconv.Itoa(a.next - 1)
}

// system shows the system's programs, read-only, and as much of /etc as they need.
func (a *arguments) system() {
	a.add("--ro-bind", "/usr", "/usr")
	for _, name := range []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"} {
		if to, err := os.Readlink(name); err == nil {
			a.add("--symlink", to, name)
		} else if _, err := os.Stat(name); err == nil {
			a.add("--ro-bind", name, name)
		}
	}
	for _, name := range []string{"/nix/store", "/etc/ssl", "/etc/ca-certificates", "/etc/pki", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime"} {
		a.add("--ro-bind-try", name, name)
	}
	for name, text := range map[string]string{
		"passwd":        "sandbox:x:" + inside + ":" + inside + "::/tmp:/bin/sh\n",
		"group":         "sandbox:x:" + inside + ":\n",
		"hosts":         "127.0.0.1 localhost sandbox\n",
		"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
		"resolv.conf":   "nameserver 127.0.0.1\noptions timeout:10 attempts:1\n",
	} {
		a.add("--file", a.file(name, text), "/etc/"+name)
	}
}
