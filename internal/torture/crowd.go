package torture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/keys"
)

func herd(ctx context.Context, l *lab) (string, error) {
	var g errgroup.Group
	g.SetLimit(8)
	for range l.Accounts {
		g.Go(func() error { _, _, err := l.connect(ctx, ""); return err })
	}
	bystander, _, err := l.connect(ctx, "")
	if err = errors.Join(err, g.Wait()); err != nil {
		return "", err
	}
	procs, err := l.workers(ctx, 2, nil)
	if err != nil {
		return "", err
	}
	quiet, err := procs[0].ask(ctx, command{Do: "fresh", Account: bystander.ID, Callers: 200})
	if err != nil {
		return "", err
	}
	l.seen.reset()
	err = l.exec(ctx, "UPDATE credentials SET next_refresh_at = clock_timestamp() - random() * interval '1 minute' WHERE account_id <> ?", bystander.ID)
	if err != nil {
		return "", err
	}
	began := time.Now()
	for _, p := range procs {
		if err := p.send(command{Do: "sweep"}); err != nil {
			return "", err
		}
	}
	third, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	busy, err := third.ask(ctx, command{Do: "fresh", Account: bystander.ID, Callers: 200})
	if err != nil {
		return "", err
	}
	err = eventually2(ctx, 10*time.Minute, func() error {
		var due int
		err := l.db.System(ctx, func(tx *gorm.DB) error {
			return tx.Raw("SELECT count(*) FROM credentials WHERE last_ok_at IS NULL AND account_id <> ?", bystander.ID).Scan(&due).Error
		})
		if err != nil || due == 0 {
			return err
		}
		for _, p := range procs {
			if len(p.lines) > 0 {
				<-p.lines
				if err := p.send(command{Do: "sweep"}); err != nil {
					return err
				}
			}
		}
		return fmt.Errorf("%d are not refreshed", due)
	})
	took := time.Since(began)
	total, most, overlaps := l.seen.count()
	if err != nil || total != l.Accounts || most != 1 || overlaps != 0 || l.seen.most > 2*16 {
		return "", errors.Join(err, fmt.Errorf("%d calls for %d accounts, %d with one token, %d at once", total, l.Accounts, most, l.seen.most))
	}
	return fmt.Sprintf("%d accounts in %.1f s, at most %d at once; reads of another account p99 %.1f ms, before %.1f ms",
		l.Accounts, took.Seconds(), l.seen.most, p99(busy.Micros), p99(quiet.Micros)), nil
}

func p99(micros []int64) float64 {
	slices.Sort(micros)
	return float64(micros[len(micros)*99/100]) / 1000
}

func secrets(ctx context.Context, l *lab) (string, error) {
	p, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	a, _, err := l.connect(ctx, "")
	if err != nil {
		return "", err
	}
	for _, f := range []demo.Faults{{}, {TokenError: "server_error"}, {TokenAnswer: "html"}, {TokenError: "invalid_grant"}} {
		l.acme.SetFaults(f)
		if err := errors.Join(l.expire(ctx), p.run(ctx, command{Do: "sweep"})); err != nil {
			return "", err
		}
	}
	l.acme.SetFaults(demo.Faults{})
	if _, _, err := l.connect(ctx, a.ID); err != nil {
		return "", err
	}
	if err := errors.Join(l.expire(ctx), p.until(ctx, account.StepSpooled, command{Do: "fresh", Account: a.ID})); err != nil {
		return "", err
	}
	return "and after every other invariant", l.leaks() // the spool holds an answer
}

func rotated(ctx context.Context, l *lab) (string, error) {
	procs, err := l.workers(ctx, 2, nil)
	if err != nil {
		return "", err
	}
	accounts := []string{}
	for range 10 {
		a, _, err := l.connect(ctx, "")
		if err != nil {
			return "", err
		}
		accounts = append(accounts, a.ID)
	}
	var g errgroup.Group
	g.Go(func() error { _, err := l.ring.Rotate(ctx, func(keys.Progress) {}); return err })
	rounds := 0
	done := make(chan error, 1)
	go func() { done <- g.Wait() }()
	for over := false; !over; rounds++ {
		select {
		case err = <-done:
			over = true
		default:
		}
		if err := errors.Join(err, l.expire(ctx), procs[rounds%2].run(ctx, command{Do: "sweep"})); err != nil {
			return "", err
		}
	}
	if _, most, _ := l.seen.count(); most != 1 {
		return "", fmt.Errorf("a token was used %d times", most)
	}
	for _, a := range accounts {
		err = errors.Join(err, l.healthy(ctx, a))
	}
	return fmt.Sprintf("%d rounds of %d accounts beside a rotation", rounds, len(accounts)), err
}
