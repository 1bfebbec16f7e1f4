package action

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/stash"
)

// uploads is the export that names the files which a run left in /tmp.
const uploads = "$filestash_uploads"

// keepFor is how long it may take to put what a run left into its stash.
const keepFor = 2 * time.Minute

// withFiles runs an action whose /tmp is its stash: what it wrote there is in the
// stash afterwards, also if it failed.
func (c *carrier) withFiles(ctx context.Context) (*operation.Result, error) {
	dir, err := os.MkdirTemp("", "patchbay-run-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	files, err := c.c.Stash.Folder(ctx, c.u.Scope, c.u.User, c.out.StashID, dir)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	defer func() { _ = files.Close() }()
	c.u.Tmp = dir
	res, failed := c.run(ctx)
	left, err := c.keep(ctx, files)
	if err != nil {
		c.warn("Not all files are kept: " + fault.Of(err).Message)
	}
	switch {
	case len(left) == 0:
	case res == nil:
		if c.out.Exports == nil {
			c.out.Exports = map[string]any{}
		}
		c.out.Exports[uploads] = left
	default:
		res.Exports[uploads] = left
	}
	return res, failed
}

// keep puts what a run left into its stash, and tells how it is fetched.
func (c *carrier) keep(ctx context.Context, files *stash.Folder) ([]map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor)
	defer cancel()
	kept, err := files.Keep(ctx)
	out := make([]map[string]any, 0, len(kept))
	for i := range kept {
		link, bad := c.c.Stash.Link(c.u.Scope, &kept[i])
		if bad != nil {
			return out, bad //nolint:wrapcheck // a fault
		}
		out = append(out, map[string]any{"localPath": "/tmp/" + kept[i].Path, "s3Key": kept[i].Key(c.u.Scope), "get_url": link})
	}
	return out, err //nolint:wrapcheck // a fault
}
