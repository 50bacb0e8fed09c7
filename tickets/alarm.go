package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
)

// alarm tells the administrators, once a day for the same cause, what only they can mend.
func (d *Desk) alarm(ctx context.Context, tx Tx, cause, text string) error {
	key := fmt.Sprintf("alarm:%s:%s", cause, d.Now().In(d.Zone).Format("2006-01-02"))
	if d.OpsChat != "" {
		return d.Owe(ctx, tx, Delivery{Lane: ChatLane(d.OpsChat), Use: UseChat, Chat: d.OpsChat, Key: key, Body: Body{Text: text},
			Urgency: UrgencyInteractive})
	}
	admins, err := d.holders(ctx, tx, customers.RoleAdmin, customers.RoleLiaison)
	if err != nil {
		return err
	}
	for _, s := range admins {
		if err := d.Owe(ctx, tx, toStaff(s, 0, key, Body{Text: text})); err != nil {
			return err
		}
	}
	return nil
}

// alarmFailure reports a failed send that nobody else would hear of.
func (d *Desk) alarmFailure(ctx context.Context, tx Tx, platform Platform, f Failure) error {
	say := d.group()
	args := Args{"Platform": say.T("platform." + string(platform)), "Code": f.Code, "Reason": f.Reason}
	return d.alarm(ctx, tx, fmt.Sprintf("%s:%s:%d", platform, f.Class, f.Code), say.T("alarm."+string(f.Class), args))
}

// PlatformDown tells the administrators that a platform has not answered since a moment; what it is to get waits.
func (d *Desk) PlatformDown(ctx context.Context, tx Tx, p Platform, since time.Time) error {
	return d.platformNews(ctx, tx, p, since, "alarm.down")
}

// PlatformBack tells them that it answers again.
func (d *Desk) PlatformBack(ctx context.Context, tx Tx, p Platform, since time.Time) error {
	return d.platformNews(ctx, tx, p, since, "alarm.back")
}

// platformNews is told once for an outage, whichever replicas saw it: they see its begin within the same minutes.
func (d *Desk) platformNews(ctx context.Context, tx Tx, p Platform, since time.Time, key string) error {
	say := d.group()
	args := Args{"Platform": say.T("platform." + string(p)), "Since": since.In(d.Zone).Format("15:04"), "Now": d.Now().In(d.Zone).Format("15:04")}
	return d.alarm(ctx, tx, fmt.Sprintf("%s:%s:%d", key, p, since.Truncate(10*time.Minute).Unix()), say.T(key, args))
}
