package feishu

import (
	"context"
	"testing"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkcalendar "github.com/larksuite/oapi-sdk-go/v3/service/calendar/v4"
	larkcontact "github.com/larksuite/oapi-sdk-go/v3/service/contact/v3"
	larkimv2 "github.com/larksuite/oapi-sdk-go/v3/service/im/v2"
	"github.com/stretchr/testify/require"
)

func TestFindUsers(t *testing.T) {
	b := newBench(t)
	find := func(mobiles ...string) []*larkcontact.UserContactInfo {
		resp, err := b.client.Contact.V3.User.BatchGetId(context.Background(), larkcontact.NewBatchGetIdUserReqBuilder().UserIdType("open_id").
			Body(larkcontact.NewBatchGetIdUserReqBodyBuilder().Mobiles(mobiles).Build()).Build(), b.auth())
		require.NoError(t, err)
		require.True(t, resp.Success(), resp.CodeError)
		return resp.Data.UserList
	}
	list := find("13800000001", "+8613800000002", "13999999999")
	require.Equal(t, b.user("张伟"), *list[0].UserId)
	require.Equal(t, b.user("李娜"), *list[1].UserId)
	require.Nil(t, list[2].UserId, "nobody has this number")
	require.Equal(t, "13999999999", *list[2].Mobile)
	b.control("POST", "/users/"+b.user("张伟"), obj{"away": "outside"})
	require.Nil(t, find("13800000001")[0].UserId, "invisible to the app")
	require.Equal(t, 99992402, b.code("POST", "/contact/v3/users/batch_get_id", obj{"mobiles": make([]string, maxLookUp+1)}))
	require.Equal(t, 11, len(b.s.State().Users))
	id := b.control("POST", "/users", obj{"name": "新人", "mobile": "13800000099"})["open_id"]
	require.Equal(t, id, *find("13800000099")[0].UserId)
	b.control("POST", "/users", obj{"name": "改名", "open_id": id})
	require.Equal(t, "改名", b.s.nameOf(id.(string)))
	require.Equal(t, 12, len(b.s.State().Users))
}

func TestGetUsers(t *testing.T) {
	b := newBench(t)
	one := func(id string) (*larkcontact.User, int) {
		resp, err := b.client.Contact.V3.User.Get(context.Background(), larkcontact.NewGetUserReqBuilder().UserId(id).UserIdType("open_id").Build(), b.auth())
		require.NoError(t, err)
		if !resp.Success() {
			return nil, resp.Code
		}
		return resp.Data.User, 0
	}
	u, _ := one(b.user("张伟"))
	require.Equal(t, "张伟", *u.Name)
	require.True(t, *u.Status.IsActivated)
	_, code := one("ou_0123456789abcdef")
	require.Equal(t, 99992361, code)
	b.control("POST", "/users/"+b.user("李娜"), obj{"away": "outside"})
	_, code = one(b.user("李娜"))
	require.Equal(t, 41050, code)
	resp, err := b.client.Contact.V3.User.Batch(context.Background(), larkcontact.NewBatchUserReqBuilder().UserIdType("open_id").
		UserIds([]string{b.user("张伟"), b.user("李娜"), "ou_0123456789abcdef"}).Build(), b.auth())
	require.NoError(t, err)
	require.True(t, resp.Success(), resp.CodeError)
	require.Len(t, resp.Data.Items, 1)
}

func TestBotInfo(t *testing.T) {
	b := newBench(t)
	resp, err := b.client.Get(context.Background(), "/open-apis/bot/v3/info", nil, larkcore.AccessTokenTypeTenant, b.auth())
	require.NoError(t, err)
	var out struct {
		Bot struct {
			OpenID  string `json:"open_id"`
			AppName string `json:"app_name"`
		}
	}
	require.NoError(t, resp.JSONUnmarshalBody(&out, &larkcore.Config{Serializable: &larkcore.DefaultSerialization{}}))
	require.Equal(t, b.s.app.BotOpenID, out.Bot.OpenID)
	require.Equal(t, "服务台", out.Bot.AppName)
	status, _, unknown := b.api("GET", "/im/v9/nothing", nil)
	require.Equal(t, 404, status)
	require.EqualValues(t, 404, unknown["code"])
}

func TestFreeBusy(t *testing.T) {
	b := newBench(t)
	zhang := b.user("张伟")
	at := func(h int) string { return start.Add(time.Duration(h) * time.Hour).Format(time.RFC3339) }
	b.control("POST", "/users/"+zhang+"/busy", obj{"from": at(5), "to": at(6)})
	b.control("POST", "/users/"+zhang+"/busy", obj{"from": at(0), "to": at(2)})
	list := func(user, from, to string) ([]*larkcalendar.Freebusy, int) {
		resp, err := b.client.Calendar.V4.Freebusy.List(context.Background(), larkcalendar.NewListFreebusyReqBuilder().UserIdType("open_id").
			Body(larkcalendar.NewListFreebusyReqBodyBuilder().TimeMin(from).TimeMax(to).UserId(user).Build()).Build(), b.auth())
		require.NoError(t, err)
		if !resp.Success() {
			return nil, resp.Code
		}
		return resp.Data.FreebusyList, 0
	}
	got, code := list(zhang, at(1), at(24))
	require.Equal(t, 0, code)
	require.Len(t, got, 2)
	require.Equal(t, at(1), *got[0].StartTime, "cut to what was asked for")
	require.Equal(t, at(2), *got[0].EndTime)
	require.Equal(t, at(5), *got[1].StartTime)
	got, _ = list(zhang, at(2), at(5))
	require.Empty(t, got)
	_, code = list(zhang, at(0), at(90*24+1))
	require.Equal(t, 190002, code)
	_, code = list(zhang, at(1), at(0))
	require.Equal(t, 190002, code)

	resp, err := b.client.Calendar.V4.Freebusy.Batch(context.Background(), larkcalendar.NewBatchFreebusyReqBuilder().UserIdType("open_id").
		Body(larkcalendar.NewBatchFreebusyReqBodyBuilder().TimeMin(at(0)).TimeMax(at(24)).UserIds([]string{zhang, b.user("李娜")}).Build()).Build(), b.auth())
	require.NoError(t, err)
	require.True(t, resp.Success(), resp.CodeError)
	require.Len(t, resp.Data.FreebusyLists[0].FreebusyItems, 2)
	require.Empty(t, resp.Data.FreebusyLists[1].FreebusyItems)
	b.control("POST", "/users/"+zhang, obj{"away": "resigned"})
	_, code = list(zhang, at(0), at(1))
	require.Equal(t, 195100, code)
}

func TestFeedPins(t *testing.T) {
	b := newBench(t)
	zhang := b.user("张伟")
	pin := func(on bool, users ...string) *larkimv2.BotTimeSentiveFeedCardResp {
		resp, err := b.client.Im.V2.FeedCard.BotTimeSentive(context.Background(), larkimv2.NewBotTimeSentiveFeedCardReqBuilder().UserIdType("open_id").
			Body(larkimv2.NewBotTimeSentiveFeedCardReqBodyBuilder().TimeSensitive(on).UserIds(users).Build()).Build(), b.auth())
		require.NoError(t, err)
		require.True(t, resp.Success(), resp.CodeError)
		return resp
	}
	resp := pin(true, zhang, "ou_0123456789abcdef")
	require.Equal(t, "ou_0123456789abcdef", *resp.Data.FailedUserReasons[0].UserId)
	chat := b.group("张伟")
	require.Equal(t, 0, b.code("PATCH", "/im/v2/feed_cards/"+chat+"?user_id_type=open_id", obj{"time_sensitive": true, "user_ids": []string{zhang}}))
	pins := func() any { return b.control("GET", "/feed_pins", nil)["feed_pins"] }
	require.Equal(t, []any{obj{"open_id": zhang, "chat_ids": []any{b.s.directs[zhang], chat}}}, pins())
	require.Empty(t, pin(false, zhang).Data.FailedUserReasons)
	require.Equal(t, []any{obj{"open_id": zhang, "chat_ids": []any{chat}}}, pins())
}
