package tickets

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"time"

	"servicedesk/customers"
)

// Entrance is a link to the kf account that says for which customer, and which module, people come in by it. Its token is random: who knows a
// customer's name cannot make himself one of its people.
type Entrance struct {
	Token      string
	CustomerID int64
	Module     string // empty = any
	StaffID    int64
	CreatedAt  time.Time
}

// Entrances keeps the links.
type Entrances interface {
	EntranceByToken(ctx context.Context, token string) (Entrance, error)
	// EnsureEntrance gives the entrance of the customer and module, keeping e as that when there is none.
	EnsureEntrance(ctx context.Context, e Entrance) (Entrance, error)
}

// LinkTo gives the customer's link for a module. base is the kf account's own link.
func (d *Desk) LinkTo(ctx context.Context, tx Tx, who customers.Staff, c customers.Customer, module, base string) (string, error) {
	made := Entrance{Token: rand.Text()[:16], CustomerID: c.ID, Module: module, StaffID: who.ID, CreatedAt: d.Now()}
	e, err := tx.EnsureEntrance(ctx, made)
	if err != nil {
		return "", err
	}
	return base + "&scene_param=" + url.QueryEscape(e.Token), nil
}

// entered binds a visitor who came by a customer's link, and remembers the module the link stands for.
func (d *Desk) entered(ctx context.Context, tx Tx, w *told) error {
	if w.in.SceneParam == "" {
		return nil
	}
	e, err := tx.EntranceByToken(ctx, w.in.SceneParam)
	if errors.Is(err, ErrNotFound) {
		return nil // somebody else's link, or one that was altered
	}
	if err != nil {
		return err
	}
	w.conv.Module = e.Module
	if w.contact.CustomerID == e.CustomerID {
		return nil
	}
	customer, team, err := d.customerOf(ctx, tx, e.CustomerID)
	if err != nil {
		return err
	}
	key := "entrance.foreign" // a person of one customer on another's link: somebody should look
	if !w.contact.Bound() {
		key = "entrance.bound"
		if err := d.Bind(ctx, tx, customers.Staff{Name: d.group().T("desk.name")}, w.contact, customer); err != nil {
			return err
		}
		if w.contact, err = tx.Contact(ctx, w.contact.ID); err != nil {
			return err
		}
		w.customer, w.team = customer, team
	}
	return d.tellLiaison(ctx, tx, team, fmt.Sprintf("entered:%d:%s", w.contact.ID, e.Token), key,
		Args{"Name": w.contact.Name, "Customer": customer.Name, "Own": w.customer.Name})
}

// tellLiaison tells the customer's liaison something that can wait; without one, whoever else holds the role, at last the administrators.
func (d *Desk) tellLiaison(ctx context.Context, tx Tx, team customers.Team, key, text string, args Args) error {
	who := []customers.Staff{team.Liaison}
	if team.Liaison.ID == 0 {
		var err error
		if who, err = d.holders(ctx, tx, customers.RoleLiaison, customers.RoleAdmin); err != nil {
			return err
		}
	}
	for _, s := range who {
		title := d.ToStaff(s).T(text, args)
		if err := d.notifyStaff(ctx, tx, s, 0, key, Card{Title: title, Summary: title, Colour: ColourNew}); err != nil {
			return err
		}
	}
	return nil
}
