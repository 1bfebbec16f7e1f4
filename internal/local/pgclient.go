package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// PostgresClient returns the folder of pg_dump and pg_restore of a server's own major
// version: what a newer one writes an older server does not take, and an older one
// does not read a newer server.
func PostgresClient(ctx context.Context, major int) (dir string, err error) {
	var dirs []string
	fixed := os.Getenv("PATCHBAY_PG_BIN") //nolint:forbidigo // see findPostgres
	if fixed != "" {
		dirs = []string{fixed}
	} else {
		if path, err := exec.LookPath("pg_dump"); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
		dirs = append(dirs, pgDirs()...)
	}
	var others []string
	for _, dir := range dirs {
		switch found := clientMajor(ctx, dir); {
		case found == major:
			return dir, nil
		case found != 0 && !slices.Contains(others, strconv.Itoa(found)):
			others = append(others, strconv.Itoa(found))
		}
	}
	what := fmt.Sprintf("the server is PostgreSQL %d, and its pg_dump and pg_restore are not on this machine", major)
	if len(others) > 0 {
		what += fmt.Sprintf(", only those of version %s", strings.Join(others, ", "))
	}
	if fixed != "" {
		what += " in PATCHBAY_PG_BIN, " + fixed
	}
	return "", &Error{
		What: what,
		Fix:  fmt.Sprintf("sudo apt-get install -y postgresql-client-%d (or brew install postgresql@%d), or name their folder: PATCHBAY_PG_BIN", major, major),
		Err:  ErrNotInstalled,
	}
}

// clientMajor is the version of both programs in a folder; 0 means that there is none.
func clientMajor(ctx context.Context, dir string) int {
	version := 0
	for _, name := range []string{"pg_dump", "pg_restore"} {
		out, err := exec.CommandContext(ctx, filepath.Join(dir, name), "--version").Output() //nolint:gosec // a directory of programs, named by the user or by us
		if err != nil {
			return 0
		}
		_, after, _ := strings.Cut(string(out), ") ") // pg_dump (PostgreSQL) 15.18 (Debian …)
		major, _ := strconv.Atoi(digits.FindString(after))
		if version != 0 && major != version {
			return 0
		}
		version = major
	}
	return version
}
