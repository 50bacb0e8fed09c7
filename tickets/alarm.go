package tickets

import (
	"context"
	"fmt"

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
