#!/bin/sh
# Before the package goes. Settings, keys and the user stay: with the keys every credential would go.
set -e
case "${1:-remove}" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now patchbay-serve.service patchbay-work.service patchbay-migrate.service || true
	fi
	;;
esac
