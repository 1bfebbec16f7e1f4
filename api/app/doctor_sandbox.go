package app

import (
	"context"

	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// sandbox looks at how this machine keeps code of others apart.
func (d *doctor) sandbox(ctx context.Context) {
	if d.config.tier() == sandbox.Plain {
		d.find("sandbox", warn, "Unset PATCHBAY_SANDBOX, unless you trust whoever writes components and code steps.",
			"Components and code steps run unprotected: they see this machine's files, network and processes, as PATCHBAY_SANDBOX=none says.")
		return
	}
	r := sandbox.Detect(ctx)
	switch r.Tier {
	case sandbox.Isolated:
		if r.Why != "" {
			d.find("sandbox", well, "", "Components and code steps are isolated, and their network leads through the egress guard. %s %s", r.Why, r.Remedy)
			return
		}
		d.find("sandbox", well, "", "Components and code steps are isolated, and their network leads through the egress guard.")
	case sandbox.Offline:
		d.find("sandbox", warn, r.Remedy, "Components and code steps are isolated and have no network. %s", r.Why)
	case sandbox.Plain:
		d.find("sandbox", warn, r.Remedy+" If you trust whoever writes them: PATCHBAY_SANDBOX=none.", "Components and code steps are refused, because this machine cannot isolate them. %s", r.Why)
	}
}

// runtime looks for what runs components in JavaScript.
func (d *doctor) runtime(ctx context.Context) {
	rt, err := runner.FindRuntime(ctx, d.config.Runner.Node, d.config.Runner.Deno)
	if err != nil {
		d.find("runtime", warn, "Install Node.js, or name one in PATCHBAY_RUNNER_NODE or a Deno in PATCHBAY_RUNNER_DENO.", "Components and code steps in JavaScript are refused; everything else works. %s.", err)
		return
	}
	d.find("runtime", well, "", "Components and code steps in JavaScript run on %s %s (%s).", rt.Name, rt.Version, rt.Path)
}
