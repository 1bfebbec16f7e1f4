package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minPostgres is the oldest version that the migrations are written for.
const minPostgres = 15

// pgInstall is one installed PostgreSQL.
type pgInstall struct {
	bin   string // the directory of initdb and postgres
	major int
}

// The places where packages put versions side by side, off PATH.
var pgPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// findPostgres chooses the installation to run. Data that exists ties the choice
// to its own major version; otherwise $PATCHBAY_PG_BIN, PATH and the usual
// places are asked in that order, the newest first.
func findPostgres(ctx context.Context, data string, o owner) (pgInstall, error) {
	var dirs []string
	fixed := os.Getenv("PATCHBAY_PG_BIN") //nolint:forbidigo // read here, where it is used: tests start servers without the app's configuration
	if fixed != "" {
		dirs = []string{fixed}
	} else {
		dirs = pgDirs()
	}
	var found []pgInstall
	tooOld := 0
	for _, dir := range dirs {
		major := pgMajor(ctx, dir)
		switch {
		case major == 0 || !o.reaches(filepath.Join(dir, "postgres")):
		case major < minPostgres:
			tooOld = max(tooOld, major)
		default:
			found = append(found, pgInstall{dir, major})
		}
	}
	switch {
	case len(found) > 0:
		return matching(found, data)
	case fixed != "":
		return pgInstall{}, &Error{
			What: fmt.Sprintf("PATCHBAY_PG_BIN is %s, which holds no PostgreSQL %d or newer", fixed, minPostgres),
			Fix:  "unset it, or name the directory of initdb and postgres",
			Err:  ErrNotInstalled,
		}
	case tooOld > 0:
		return pgInstall{}, &Error{
			What: fmt.Sprintf("PostgreSQL %d is too old, version %d or newer is needed", tooOld, minPostgres),
			Fix:  "install a newer one beside it, see https://www.postgresql.org/download/",
			Err:  ErrVersion,
		}
	}
	return pgInstall{}, &Error{
		What: "PostgreSQL is not installed",
		Fix:  "sudo apt-get install -y postgresql (or brew install postgresql@17)",
		Err:  ErrNotInstalled,
	}
}

// matching picks the installation that can read data: the same major version.
func matching(found []pgInstall, data string) (pgInstall, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION")) //nolint:gosec // below a home
	if err != nil {
		return found[0], nil //nolint:nilerr // no data yet: any will do
	}
	want := strings.TrimSpace(string(b))
	for _, f := range found {
		if strconv.Itoa(f.major) == want {
			return f, nil
		}
	}
	return pgInstall{}, &Error{
		What: fmt.Sprintf("the data in %s were written by PostgreSQL %s, but only version %d is installed", data, want, found[0].major),
		Fix:  fmt.Sprintf("install PostgreSQL %s again, or remove %s to start with an empty database", want, filepath.Dir(data)),
		Err:  ErrVersion,
	}
}

func pgDirs() []string {
	var dirs []string
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
	}
	for _, place := range pgPlaces {
		more, _ := filepath.Glob(place)
		slices.SortFunc(more, func(a, b string) int { return versionIn(b) - versionIn(a) })
		dirs = append(dirs, more...)
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

// versionIn reads the version out of a directory's name, so that 9.6 sorts below 15.
func versionIn(dir string) int {
	n, _ := strconv.Atoi(digits.FindString(strings.TrimPrefix(dir, "/Applications/Postgres.app")))
	return n
}

// pgMajor asks the server for its version; 0 means that there is none.
func pgMajor(ctx context.Context, dir string) int {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil { //nolint:gosec // only looks
		return 0
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // a directory of programs, named by the user or by us
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(out), ") ") // postgres (PostgreSQL) 15.18 (Debian …)
	major, _ := strconv.Atoi(digits.FindString(after))
	return major
}
