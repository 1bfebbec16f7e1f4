#!/bin/sh
# After the package is unpacked: the user that the units run as, and their settings, which it alone reads.
set -e
if ! getent group patchbay >/dev/null; then groupadd --system patchbay; fi
if ! getent passwd patchbay >/dev/null; then
	useradd --system --gid patchbay --home-dir /var/lib/patchbay --no-create-home --shell /usr/sbin/nologin --comment Patchbay patchbay
fi
chown root:patchbay /etc/patchbay/patchbay.env
chmod 0640 /etc/patchbay/patchbay.env
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# an upgrade goes on as it was: migrated first, then restarted
	if systemctl is-active --quiet patchbay-serve.service || systemctl is-active --quiet patchbay-work.service; then
		systemctl restart patchbay-migrate.service
		systemctl try-restart patchbay-serve.service patchbay-work.service
	fi
fi
