package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// Codes that the package acts on by itself; the others are only classed.
const (
	codeBadParam  = 230001 // also: an @ of somebody unknown
	codeWrongKind = 230054 // the message is of a kind that the operation does not know
)

// verdict is what a code means for a message.
type verdict struct {
	class  tickets.FailureClass
	reason string
}

// verdicts follow the lists of error codes of the message, group and authentication APIs of open.feishu.cn.
var verdicts = map[int]verdict{
	99991400: {tickets.Throttled, "called too often"},
	230020:   {tickets.Throttled, "too many messages for this chat"},
	232019:   {tickets.Throttled, "too many changes to this chat"},
	11232:    {tickets.Throttled, "too many messages of this tenant"},
	11233:    {tickets.Throttled, "too many messages for this chat"},
	11247:    {tickets.Throttled, "too many messages of this tenant"},

	230049: {tickets.Transient, "the same message is just being sent"},
	18121:  {tickets.Transient, "the same message is just being sent"},

	232068: {tickets.Transient, "the group is just being created"},

	99991661: {tickets.Unauthorized, "access token missing"},
	99991663: {tickets.Unauthorized, "access token not accepted"},
	99991664: {tickets.Unauthorized, "access token not accepted"},
	99991671: {tickets.Unauthorized, "access token malformed"},

	10003:    {tickets.Misconfigured, "app id or secret not accepted"},
	10014:    {tickets.Misconfigured, "the app is disabled"},
	10015:    {tickets.Misconfigured, "app secret not accepted"},
	99991662: {tickets.Misconfigured, "the app is disabled"},
	99991672: {tickets.Misconfigured, "the app lacks a permission"},
	99991673: {tickets.Misconfigured, "the app is disabled"},
	99991679: {tickets.Misconfigured, "the user has not granted a permission"},
	99991401: {tickets.Misconfigured, "this server's address is not among the app's trusted addresses"},
	99991403: {tickets.Misconfigured, "the month's calls are used up"},

	codeBadParam:  {tickets.Rejected, "parameter not accepted"},
	230002:        {tickets.Rejected, "the bot is not in the chat"},
	230006:        {tickets.Rejected, "the app's bot is switched off"},
	230012:        {tickets.Rejected, "not the bot's own message"},
	230013:        {tickets.Rejected, "the app is not offered to this person"},
	230017:        {tickets.Rejected, "the file belongs to another app"},
	230018:        {tickets.Rejected, "the group does not let the bot speak"},
	230022:        {tickets.Rejected, "content not allowed"},
	230028:        {tickets.Rejected, "content not allowed by data protection"},
	230029:        {tickets.Rejected, "this person has left"},
	230035:        {tickets.Rejected, "the group does not let the bot speak"},
	230053:        {tickets.Rejected, "this person has stopped the bot"},
	codeWrongKind: {tickets.Rejected, "not possible for this kind of message"},
	230055:        {tickets.Rejected, "kind of file not accepted"},
	230023:        {tickets.Rejected, "this person has too many unread urgent messages"},
	230024:        {tickets.Rejected, "no urgent SMS or calls are left"},
	230027:        {tickets.Rejected, "not possible with people of other companies"},
	230033:        {tickets.Rejected, "too late to ask who read it"},
	230052:        {tickets.Rejected, "the group does not let the bot send urgent messages"},
	230071:        {tickets.Rejected, "not possible for this message"},
	230072:        {tickets.Rejected, "edited too often"},
	230075:        {tickets.Rejected, "too late for an edit"},
	231001:        {tickets.Rejected, "unknown emoji"},
	232001:        {tickets.Rejected, "parameter not accepted"},
	232006:        {tickets.Rejected, "unknown group"},
	232010:        {tickets.Rejected, "the group belongs to another company"},
	232011:        {tickets.Rejected, "the bot is not in the group"},
	232013:        {tickets.Rejected, "the group is full"},
	232014:        {tickets.Rejected, "the bot may not do this in the group"},
	232017:        {tickets.Rejected, "the bot may not do this in the group"},
	232022:        {tickets.Rejected, "this person has left"},
	232024:        {tickets.Rejected, "the app is not offered to this person"},
	232025:        {tickets.Misconfigured, "the app's bot is switched off"},
	232043:        {tickets.Rejected, "unknown person"},
	232044:        {tickets.Rejected, "the group is full"},
	232076:        {tickets.Rejected, "the group's owner cannot be removed"},
	232097:        {tickets.Rejected, "not possible for this group's announcement"},
	232033:        {tickets.Rejected, "not possible in a group with other companies"},
	234001:        {tickets.Rejected, "file not accepted"},
	234006:        {tickets.Rejected, "file too large"},
	234010:        {tickets.Rejected, "file is empty"},
	234011:        {tickets.Rejected, "kind of image not accepted"},
	234043:        {tickets.Rejected, "kind of message not accepted"},
	99992351:      {tickets.Rejected, "unknown person"},
	99992354:      {tickets.Rejected, "unknown message"},
	99992356:      {tickets.Rejected, "unknown chat"},
	99992361:      {tickets.Rejected, "the person's id belongs to another app"},
	99992402:      {tickets.Rejected, "field not accepted"},

	230009: {tickets.Stale, "too late to recall it"},
	230026: {tickets.Stale, "the message cannot be recalled"},
	230011: {tickets.Stale, "the message was recalled"},
	230019: {tickets.Stale, "the topic is gone"},
	230050: {tickets.Stale, "the message is not visible"},
	230110: {tickets.Stale, "the message was deleted"},
	231002: {tickets.Stale, "the message was recalled"},
	231003: {tickets.Stale, "the message is gone"},
	232009: {tickets.Stale, "the group was dissolved"},
	234003: {tickets.Stale, "the file is gone"},
	234004: {tickets.Stale, "the bot is not in the chat"},

	230031: {tickets.Aged, "the card is over 14 days old"},

	200830: {tickets.Rerender, "card of another version"},
	230025: {tickets.Rerender, "content too long"},
	230099: {tickets.Rerender, "card not accepted"},
}

// chatWide throttle one chat or message, tenantWide everything; any other throttling is about one API.
var (
	chatWide   = map[int]bool{230020: true, 232019: true, 11233: true}
	tenantWide = map[int]bool{11232: true, 11247: true}
	// uncertain are the codes after which the message may arrive all the same.
	uncertain = map[int]bool{230049: true, 18121: true}
)

// cause is what an operator needs to ask Feishu about a refusal. It holds no ids of people or messages.
type cause struct {
	op    string
	code  int
	inner int // the card's own code inside 230099
	logID string
}

func (e *cause) Error() string {
	s := "feishu " + e.op
	if e.code != 0 {
		s += ": code " + strconv.Itoa(e.code)
	}
	if e.inner != 0 {
		s += fmt.Sprintf(" (%d)", e.inner)
	}
	if e.logID != "" {
		s += ", log id " + e.logID
	}
	return s
}

// failureOf classes an answer; nil means success.
func failureOf(op string, resp *larkcore.ApiResp) error {
	return classify(op, resp.StatusCode, resp.Header, resp.RawBody)
}

func classify(op string, status int, header http.Header, body []byte) error {
	var answer struct {
		Code *int   `json:"code"`
		Msg  string `json:"msg"`
	}
	if !isJSON(header) || json.Unmarshal(body, &answer) != nil || answer.Code == nil {
		return statusError(op, status, header)
	}
	code := *answer.Code
	if code == 0 && status < 300 {
		return nil
	}
	v, known := verdicts[code]
	if !known {
		return unknownCode(op, status, header, code)
	}
	f := tickets.Failure{Class: v.class, Certain: !uncertain[code], Code: code, Reason: v.reason}
	if f.Class == tickets.Throttled {
		f.After = resetAfter(header)
	}
	return &bot.SendError{Failure: f, Err: &cause{op: op, code: code, inner: innerCode(answer.Msg), logID: logID(header)}}
}

// unknownCode goes by the status: what the platform calls the caller's fault does not get better by repeating.
func unknownCode(op string, status int, header http.Header, code int) error {
	f := tickets.Failure{Class: tickets.Rejected, Certain: true, Code: code, Reason: "refused by Feishu"}
	switch {
	case status == http.StatusTooManyRequests:
		f.Class, f.After, f.Reason = tickets.Throttled, resetAfter(header), "called too often"
	case status >= 500:
		f.Class, f.Certain, f.Reason = tickets.Transient, false, "HTTP "+strconv.Itoa(status)
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Class = tickets.Misconfigured
	}
	return &bot.SendError{Failure: f, Err: &cause{op: op, code: code, logID: logID(header)}}
}

// statusError classes an answer that Feishu's API did not give: proxies and gateways answer in HTML.
func statusError(op string, status int, header http.Header) error {
	f := tickets.Failure{Class: tickets.Transient, Reason: "HTTP " + strconv.Itoa(status)}
	switch {
	case status == http.StatusTooManyRequests:
		f.Class, f.Certain, f.After = tickets.Throttled, true, resetAfter(header)
	case status >= 500, status == http.StatusRequestTimeout:
	case status >= 300:
		f.Class, f.Certain = tickets.Misconfigured, true
	default:
		f.Reason = "unreadable answer"
	}
	return &bot.SendError{Failure: f, Err: &cause{op: op, logID: logID(header)}}
}

// resetAfter is how long the platform wants to be left alone: what its header says, else about a second, not the same for all who wait.
func resetAfter(header http.Header) time.Duration {
	const longest = time.Minute
	s, err := strconv.ParseFloat(header.Get("x-ogw-ratelimit-reset"), 64)
	if err != nil || s < 0 || s != s {
		return 500*time.Millisecond + rand.N(time.Second)
	}
	if s > longest.Seconds() {
		return longest
	}
	return max(time.Duration(s*float64(time.Second)), 10*time.Millisecond)
}

var errCode = regexp.MustCompile(`ErrCode: (\d{1,9})`)

func innerCode(msg string) int {
	if m := errCode.FindStringSubmatch(msg); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

func isJSON(header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

func logID(header http.Header) string {
	if id := header.Get(larkcore.HttpHeaderKeyLogId); id != "" {
		return id
	}
	return header.Get(larkcore.HttpHeaderKeyRequestId)
}

// transportError classes an exchange without an answer. It keeps nothing of err's text, which holds the address with its ids.
func transportError(op string, err error) error {
	f := tickets.Failure{Class: tickets.Transient, Reason: "network error"}
	var (
		refused *larkcore.DialFailedError
		slow    *larkcore.ClientTimeoutError
		gateway *larkcore.ServerTimeoutError
		invalid *larkcore.IllegalParamError
		dial    *net.OpError
	)
	switch {
	case errors.As(err, &refused), errors.As(err, &dial) && dial.Op == "dial":
		f.Certain, f.Reason = true, "no connection"
	case errors.As(err, &gateway):
		f.Reason = "HTTP 504"
	case errors.As(err, &slow), errors.Is(err, context.DeadlineExceeded):
		f.Reason = "timed out"
	case errors.Is(err, context.Canceled):
		f.Reason = "cancelled"
	case errors.As(err, &invalid):
		f.Class, f.Certain, f.Reason = tickets.Misconfigured, true, "configuration not accepted by the SDK"
	}
	return &bot.SendError{Failure: f, Err: sentinel(op, err)}
}

// sentinel keeps of an error what cannot hold an address, so that errors.Is still finds it.
func sentinel(op string, err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return fmt.Errorf("feishu %s: %w", op, known)
		}
	}
	return &cause{op: op}
}

// unreadable is the error for a success that makes no sense: what was asked has probably happened.
func unreadable(op string) error {
	return &bot.SendError{Failure: tickets.Failure{Class: tickets.Transient, Reason: "unreadable answer"}, Err: &cause{op: op}}
}

// refuse is a failure found before Feishu was asked.
func refuse(class tickets.FailureClass, reason string) error {
	return &bot.SendError{Failure: tickets.Failure{Class: class, Certain: true, Reason: reason}}
}

// certain says of a failed step before the sending itself that the message did not leave.
func certain(err error) error {
	var s *bot.SendError
	if !errors.As(err, &s) {
		return err
	}
	sure := *s
	sure.Certain = true
	return &sure
}

func codeOf(err error) int { return bot.FailureOf(err).Code }
