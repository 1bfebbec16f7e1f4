package local

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// owner is the user that a server runs as.
type owner struct {
	uid, gid uint32
	name     string
	drop     bool // we are root and the server must not be
}

// serverOwner picks the user for the servers. PostgreSQL refuses to run as root,
// so root hands over to "postgres", else "nobody", else whoever called sudo.
func serverOwner() (owner, error) {
	uid := os.Geteuid()
	if uid != 0 {
		return owner{uid: uint32(uid), gid: uint32(os.Getegid()), name: "uid " + strconv.Itoa(uid)}, nil //nolint:gosec // ids are never negative on unix
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return dropTo(u.Uid, u.Gid, name)
		}
	}
	if id := os.Getenv("SUDO_UID"); id != "" { //nolint:forbidigo // set by sudo, not a setting of ours
		if u, err := user.LookupId(id); err == nil {
			return dropTo(u.Uid, u.Gid, u.Username)
		}
	}
	return owner{}, &Error{
		What: "PostgreSQL cannot run as root and this machine has neither a user postgres nor nobody",
		Fix:  "run as an ordinary user, or create one: useradd --system postgres",
	}
}

// keeping is o, unless o comes from root and dir already belongs to an ordinary
// user: sudo then serves that user's data, as that user.
func (o owner) keeping(dir string) owner {
	st, err := os.Lstat(dir)
	if err != nil || !o.drop || !st.IsDir() {
		return o
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok || sys.Uid == 0 {
		return o
	}
	u, err := user.LookupId(strconv.FormatUint(uint64(sys.Uid), 10))
	if err != nil { // PostgreSQL does not start for a user without a name
		return o
	}
	return owner{uid: sys.Uid, gid: sys.Gid, name: u.Username, drop: true}
}

func dropTo(uid, gid, name string) (owner, error) {
	u, err := strconv.ParseInt(uid, 10, 64) // macOS gives nobody as -2
	if err != nil {
		return owner{}, err
	}
	g, err := strconv.ParseInt(gid, 10, 64)
	if err != nil {
		return owner{}, err
	}
	return owner{uid: uint32(u), gid: uint32(g), name: name, drop: true}, nil //nolint:gosec // -2 wraps to the same id on purpose
}

// credential is nil unless the child must change its user, which only root may ask for.
func (o owner) credential() *syscall.Credential {
	if !o.drop {
		return nil
	}
	return &syscall.Credential{Uid: o.uid, Gid: o.gid}
}

// reaches reports whether o may enter every directory above path. A checkout
// below /root fails here, and the error of PostgreSQL itself would mislead.
func (o owner) reaches(path string) bool {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		st, err := os.Stat(dir) //nolint:gosec // only looks
		if err == nil && !o.may(st, 0o1) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// may applies the mode bits of st to o; want is a bit of the "others" triple.
func (o owner) may(st fs.FileInfo, want fs.FileMode) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	switch {
	case o.uid == 0 || !ok:
		return true
	case sys.Uid == o.uid:
		want <<= 6
	case sys.Gid == o.gid || !o.drop && inGroups(sys.Gid):
		want <<= 3
	}
	return st.Mode().Perm()&want != 0
}

// inGroups: a server that keeps our user also keeps our supplementary groups.
func inGroups(gid uint32) bool {
	ids, err := os.Getgroups()
	return err == nil && slices.Contains(ids, int(gid))
}
