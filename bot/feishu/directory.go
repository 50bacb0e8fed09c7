package feishu

import (
	"context"
	"net/http"
	"slices"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// mostIDs is how many people one call names.
const mostIDs = 50

// identity is who the bot is.
type identity struct{ openID, name string }

// Bot gives the bot's open_id and name. It asks once; Convert needs to know.
func (c *Client) Bot(ctx context.Context) (openID, name string, err error) {
	if self := c.self.Load(); self != nil {
		return self.openID, self.name, nil
	}
	self, err := c.askSelf(ctx)
	if err != nil {
		return "", "", err
	}
	return self.openID, self.name, nil
}

// Check asks Feishu for a token and for the bot. Every error is a *bot.SendError.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.askSelf(ctx)
	return err
}

func (c *Client) askSelf(ctx context.Context) (*identity, error) {
	var answer struct {
		Bot struct {
			OpenID  string `json:"open_id"`
			AppName string `json:"app_name"`
		} `json:"bot"`
	}
	if err := c.get(ctx, "bot info", "/bot/v3/info", nil, nil, &answer); err != nil {
		return nil, err
	}
	if answer.Bot.OpenID == "" {
		return nil, refuse(tickets.Misconfigured, "the app has no bot")
	}
	self := &identity{answer.Bot.OpenID, answer.Bot.AppName}
	c.self.Store(self)
	return self, nil
}

// Scopes tells of every permission that the app asked for whether it was granted.
func (c *Client) Scopes(ctx context.Context) (map[string]bool, error) {
	var answer struct {
		Data struct {
			Scopes []struct {
				Name   string `json:"scope_name"`
				Status int    `json:"grant_status"` // 1 granted, 2 not
			} `json:"scopes"`
		} `json:"data"`
	}
	if err := c.get(ctx, "scopes", "/application/v6/scopes", nil, nil, &answer); err != nil {
		return nil, err
	}
	scopes := make(map[string]bool, len(answer.Data.Scopes))
	for _, s := range answer.Data.Scopes {
		scopes[s.Name] = s.Status == 1
	}
	return scopes, nil
}

// ResolveMobiles finds people by their mobile numbers; numbers from abroad begin with +. Who is not found, or not visible to the app, is not
// in the answer.
func (c *Client) ResolveMobiles(ctx context.Context, mobiles []string) (map[string]tickets.RemoteID, error) {
	found := make(map[string]tickets.RemoteID, len(mobiles))
	for chunk := range slices.Chunk(mobiles, mostIDs) {
		var answer struct {
			Data struct {
				UserList []struct {
					UserID tickets.RemoteID `json:"user_id"`
					Mobile string           `json:"mobile"`
				} `json:"user_list"`
			} `json:"data"`
		}
		err := c.call(ctx, request{
			op: "find people", method: http.MethodPost, path: "/contact/v3/users/batch_get_id",
			query: map[string]string{"user_id_type": "open_id"}, body: map[string]any{"mobiles": chunk},
			urgency: tickets.UrgencyInteractive,
		}, &answer)
		if err != nil {
			return nil, err
		}
		for _, u := range answer.Data.UserList {
			if u.UserID != "" {
				found[u.Mobile] = u.UserID
			}
		}
	}
	return found, nil
}

// CreateGroup makes a private group that the bot owns. The same key within ten hours gives the same group. Members whom Feishu does not
// accept are left out; AddMembers names them.
func (c *Client) CreateGroup(ctx context.Context, name string, members []tickets.RemoteID, key string) (tickets.RemoteID, error) {
	first := members[:min(len(members), mostIDs)]
	chat, err := c.createChat(ctx, name, first, key)
	if bot.FailureOf(err).Class == tickets.Rejected && len(first) > 0 {
		// One whom Feishu does not accept spoils the whole call; added afterwards, he is left out alone.
		first = nil
		chat, err = c.createChat(ctx, name, nil, key)
	}
	if err != nil {
		return "", err
	}
	_, err = c.AddMembers(ctx, chat, members[len(first):])
	return chat, err
}

func (c *Client) createChat(ctx context.Context, name string, members []tickets.RemoteID, key string) (tickets.RemoteID, error) {
	const longestName = 60
	body := map[string]any{"name": shorten(clean(name), longestName), "chat_mode": "group", "chat_type": "private"}
	if len(members) > 0 {
		body["user_id_list"] = members
	}
	var answer struct {
		Data struct {
			ChatID tickets.RemoteID `json:"chat_id"`
		} `json:"data"`
	}
	err := c.call(ctx, request{
		op: "create chat", method: http.MethodPost, path: "/im/v1/chats",
		query: map[string]string{"user_id_type": "open_id", "set_bot_manager": "true", "uuid": key}, body: body,
		urgency: tickets.UrgencyInteractive,
	}, &answer)
	if err == nil && answer.Data.ChatID == "" {
		err = unreadable("create chat")
	}
	return answer.Data.ChatID, err
}

// AddMembers adds people to a group, who may be in it already. It gives those whom Feishu did not add.
func (c *Client) AddMembers(ctx context.Context, chat tickets.RemoteID, members []tickets.RemoteID) (refused []tickets.RemoteID, err error) {
	// One call after the other: Feishu refuses changes to a group at the same time.
	for chunk := range slices.Chunk(members, mostIDs) {
		var answer struct {
			Data struct {
				Invalid []tickets.RemoteID `json:"invalid_id_list"`
				Unknown []tickets.RemoteID `json:"not_existed_id_list"`
			} `json:"data"`
		}
		err := c.call(ctx, request{
			op: "add members", method: http.MethodPost, path: "/im/v1/chats/:chat_id/members",
			params: map[string]string{"chat_id": string(chat)},
			query:  map[string]string{"member_id_type": "open_id", "succeed_type": "1"}, // add those who can be added
			body:   map[string]any{"id_list": chunk},
			chat:   "members of:" + string(chat), urgency: tickets.UrgencyInteractive,
		}, &answer)
		if err != nil {
			return refused, err
		}
		refused = append(append(refused, answer.Data.Invalid...), answer.Data.Unknown...)
	}
	return refused, nil
}
