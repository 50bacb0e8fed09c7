package wecom

import (
	"context"

	"servicedesk/tickets"
)

// ContactWay is the link by which people reach a kf account; scene (at most 32 of [0-9a-zA-Z_-]) comes back in enter_session, as does what is
// appended to the link as &scene_param= (document 94665).
func (c *Client) ContactWay(ctx context.Context, account tickets.RemoteID, scene string) (string, error) {
	var out struct {
		answer
		URL string `json:"url"`
	}
	err := c.post(ctx, "kf/add_contact_way", map[string]string{"open_kfid": string(account), "scene": scene}, &out)
	return out.URL, err
}
