package handlers

import (
	"bytes"
	"image/png"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// qrSide is the side of a link's picture, in pixels: large enough to be photographed from a screen.
const qrSide = 360

// runEntrance gives the link by which a customer's people come in, as words and as a picture.
func runEntrance(c *call, _ *tickets.Ticket, rest string) error {
	name, module := cutWord(rest)
	if name == "" {
		return c.usage("link")
	}
	customer, err := c.customerMeant(name)
	if err != nil {
		return err
	}
	if module, err = c.moduleNamed(module); err != nil {
		return err
	}
	base := ""
	if c.Entrance != nil {
		base = c.Entrance()
	}
	if base == "" {
		return tickets.Refuse(tickets.CodeConflict, "refuse.no_link_yet", nil)
	}
	link, err := c.LinkTo(c.ctx, c.tx, c.who, customer, module, base)
	if err != nil {
		return err
	}
	if picture, ok := c.photographed(link); ok {
		if err := c.place(tickets.Body{Media: &picture}); err != nil {
			return err
		}
	}
	return c.reply(c.say.T("done.link", tickets.Args{"Customer": customer.Name, "Module": module, "Link": link}))
}

// photographed keeps the picture of a link; without it the words say the same.
func (c *call) photographed(link string) (tickets.Attachment, bool) {
	if c.Pictures == nil {
		return tickets.Attachment{}, false
	}
	code, err := qr.Encode(link, qr.M, qr.Auto)
	if err != nil {
		return tickets.Attachment{}, false
	}
	if code, err = barcode.Scale(code, qrSide, qrSide); err != nil {
		return tickets.Attachment{}, false
	}
	var data bytes.Buffer
	if err := png.Encode(&data, code); err != nil {
		return tickets.Attachment{}, false
	}
	name := c.say.T("link.picture")
	key, err := c.Pictures.Put(c.ctx, name, &data)
	return tickets.Attachment{Key: key, Name: name, Image: true}, err == nil
}

// moduleNamed finds a module of the directory; empty stays empty.
func (c *call) moduleNamed(name string) (string, error) {
	if name = strings.TrimSpace(name); name == "" {
		return "", nil
	}
	all, err := c.tx.Modules(c.ctx)
	if err != nil {
		return "", err
	}
	found := customers.ModuleIn(all, name)
	if found == "" {
		args := tickets.Args{"Module": name, "Modules": strings.Join(all, c.say.T("list.comma"))}
		return "", tickets.Refuse(tickets.CodeNotFound, "refuse.no_module", args)
	}
	return found, nil
}
