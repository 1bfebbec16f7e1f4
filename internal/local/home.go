package local

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// home is the private directory of one server. It holds data/, the socket, the
// log and a lock that says whether anybody uses it.
type home struct {
	dir   string
	owner owner
	lock  *os.File
	temp  bool // removed on release
}

// maxSocketDir leaves room for the socket's name below the system's limit on
// socket paths (104 bytes on macOS, 108 on Linux).
const maxSocketDir = 84

// elsewhere is where a home goes that its own place cannot hold.
const elsewhere = "/var/tmp"

// openHome prepares dir for a server and locks it. If dir cannot do (below a
// closed directory, a path too long for a socket, a file system without sockets
// or permissions) a directory in /var/tmp named after it is used, and a note
// beside dir says so. An empty dir asks for a temporary home.
func openHome(dir string, log io.Writer) (*home, error) {
	o, err := serverOwner()
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return tempHome(o, log)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(dir))
	other := filepath.Join(elsewhere, fmt.Sprintf("patchbay-%x", sum[:8]))
	h := &home{dir: other, owner: o}
	if _, err := os.Lstat(other); errors.Is(err, fs.ErrNotExist) { // else an earlier run keeps its data there
		h.dir, h.owner = dir, o.keeping(dir)
		if why := h.prepare(); why != nil {
			h.dir, h.owner = other, o
			_ = os.MkdirAll(filepath.Dir(dir), 0o755)                    //nolint:gosec // as in prepare
			_ = os.WriteFile(dir+".location", []byte(other+"\n"), 0o600) // for people only
			say(log, "%v: using %s instead", why, other)
		}
	}
	if err := h.prepare(); err != nil {
		return nil, &Error{
			What: fmt.Sprintf("no place for a server's data: %v", err),
			Fix:  "remove that directory, or run as the user it belongs to",
		}
	}
	return h, h.acquire()
}

// prepare makes the directory, private to the owner, or says why it will not do.
func (h *home) prepare() error {
	if len(h.dir) > maxSocketDir || strings.ContainsAny(h.dir, ",") { // a comma separates hosts in a connection URL
		return fmt.Errorf("%s cannot name a socket", h.dir)
	}
	if err := os.MkdirAll(filepath.Dir(h.dir), 0o755); err != nil { //nolint:gosec // the owner must pass through; the directory itself is closed below
		return err
	}
	if !h.owner.reaches(h.dir) {
		return fmt.Errorf("%s is out of reach for %s", h.dir, h.owner.name)
	}
	err := os.Mkdir(h.dir, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err == nil && h.owner.drop {
		if err := os.Lchown(h.dir, int(h.owner.uid), int(h.owner.gid)); err != nil {
			return err
		}
	}
	if err := h.private(); err != nil {
		return err
	}
	return holdsSockets(h.dir)
}

// private makes sure that only the owner can enter: the servers ask no password.
func (h *home) private() error {
	for try := 0; ; try++ {
		st, err := os.Lstat(h.dir) // not Stat: in /var/tmp somebody else may have put a link
		if err != nil {
			return err
		}
		sys, ok := st.Sys().(*syscall.Stat_t)
		switch {
		case !st.IsDir() || !ok || sys.Uid != h.owner.uid:
			return fmt.Errorf("%s does not belong to %s", h.dir, h.owner.name)
		case st.Mode().Perm() == 0o700:
			return nil
		case try > 0: // a file system without permissions
			return fmt.Errorf("%s stays open to others (mode %#o)", h.dir, st.Mode().Perm())
		}
		if err := os.Chmod(h.dir, 0o700); err != nil { //nolint:gosec // a directory needs its x
			return err
		}
	}
}

// holdsSockets tries it: shared folders of virtual machines often cannot.
func holdsSockets(dir string) error {
	probe := filepath.Join(dir, fmt.Sprintf(".probe%d", os.Getpid()))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: probe, Net: "unix"})
	if err != nil {
		return fmt.Errorf("%s holds no sockets: %w", dir, err)
	}
	return l.Close() // which removes the file
}

// acquire locks the home until release or the end of this process, whichever
// comes first: a home with live servers and no lock is left over from a crash.
func (h *home) acquire() error {
	f, err := os.OpenFile(filepath.Join(h.dir, "lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return &Error{
			What: "another Patchbay already runs with the data in " + h.dir,
			Fix:  "stop it first",
			Err:  ErrInUse,
		}
	}
	h.lock = f
	return nil
}

// release gives the home up, and removes it if it was temporary. The lock is
// given back by name: closing the file alone would leave it with a child that
// was forked at this moment and has not yet become its own program.
func (h *home) release() {
	if h.temp {
		_ = os.RemoveAll(h.dir)
	}
	_ = syscall.Flock(int(h.lock.Fd()), syscall.LOCK_UN)
	_ = h.lock.Close()
}

const tempPrefix = "patchbay-tmp-"

// tempHome makes a home that release removes. It first clears away those of
// processes that were killed before they could.
func tempHome(o owner, log io.Writer) (*home, error) {
	base := os.TempDir()
	if len(base) > maxSocketDir-len(tempPrefix)-12 || !o.reaches(filepath.Join(base, "x")) {
		base = elsewhere
	}
	sweep(base, o, log)
	dir, err := os.MkdirTemp(base, tempPrefix)
	if err != nil {
		return nil, err
	}
	if o.drop {
		if err := os.Lchown(dir, int(o.uid), int(o.gid)); err != nil {
			return nil, err
		}
	}
	h := &home{dir: dir, owner: o, temp: true}
	if err := h.prepare(); err != nil {
		return nil, err
	}
	return h, h.acquire()
}

func sweep(base string, o owner, log io.Writer) {
	dirs, _ := filepath.Glob(filepath.Join(base, tempPrefix+"*"))
	for _, dir := range dirs {
		h := &home{dir: dir, owner: o, temp: true}
		if logs, _ := filepath.Glob(filepath.Join(dir, "*.log")); len(logs) == 0 { // somebody is just making it
			continue
		}
		if h.prepare() != nil || h.acquire() != nil {
			continue
		}
		say(log, "Removing %s, left over from an earlier run", dir)
		stopLeftover(filepath.Join(dir, "data"), "postmaster.pid", syscall.SIGQUIT)
		stopLeftover(filepath.Join(dir, "data"), "redis.pid", syscall.SIGTERM)
		stopLeftover(dir, "pgbouncer.pid", syscall.SIGTERM)
		h.release()
	}
}

// data is the server's own directory. Only the server creates what is in it.
func (h *home) data() string { return filepath.Join(h.dir, "data") }

func (h *home) log(name string) string {
	return filepath.Join(h.dir, strings.ToLower(name)+".log")
}

// openLog opens the log for appending, and begins it anew when it is long.
func (h *home) openLog(name string) (*os.File, error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND | syscall.O_NOFOLLOW
	if st, err := os.Stat(h.log(name)); err == nil && st.Size() > 4<<20 {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(h.log(name), flags, 0o600)
}

// logTail returns the last lines of the log, indented.
func (h *home) logTail(name string) string {
	b, err := os.ReadFile(h.log(name))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	lines = lines[max(0, len(lines)-8):]
	return "  " + strings.Join(lines, "\n  ")
}
