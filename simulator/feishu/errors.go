package feishu

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"servicedesk/simulator/kernel"
)

// apiError is an answer with a code other than 0.
type apiError struct {
	code   int
	msg    string
	scopes []string      // what is missing, any one of them would do
	limit  int           // calls allowed in the span that is used up
	reset  time.Duration // until a call may pass again
}

// Error names the code and what is wrong.
func (e *apiError) Error() string { return fmt.Sprintf("%d: %s", e.code, e.msg) }

// fail is an error of the API; detail, as the platform's "ext", says more than the code's own message.
func fail(code int, detail string, args ...any) *apiError {
	msg := messages[code]
	if msg == "" {
		msg = "request failed"
	}
	if detail != "" {
		msg += ", ext=" + fmt.Sprintf(detail, args...)
	}
	return &apiError{code: code, msg: msg}
}

// badCard is 230099 or another code with the card's own code inside, as the platform packs it.
func badCard(inner int, detail string, args ...any) *apiError {
	return fail(230099, "ErrCode: %d; ErrMsg: %s;", inner, fmt.Sprintf(detail, args...))
}

// messages are what the platform says with its codes.
var messages = map[int]string{
	10003:    "invalid param",
	10014:    "app has been disabled",
	10015:    "app secret invalid",
	41050:    "no user authority error",
	100000:   "the card is too large",
	190002:   "invalid parameters in request",
	195100:   "user is dismissed or not exist in the tenant",
	200000:   "the message has been recalled",
	200310:   "the card belongs to another app",
	230001:   "Your request contains an invalid request parameter",
	230002:   "Bot/User can NOT be out of the chat.",
	230006:   "Bot ability is not activated.",
	230009:   "This message can not be recalled due to timeouts.",
	230011:   "This message was already recalled",
	230012:   "Bot is NOT the sender of the message.",
	230013:   "Bot has NO availability to this user.",
	230017:   "Bot is NOT the owner of the resource.",
	230019:   "The topic does NOT exist.",
	230020:   "This operation triggers the frequency limit.",
	230023:   "The number of unread buzzes of a user exceeds the limit.",
	230024:   "Reach the upper limit of buzz quota.",
	230025:   "The length of the message content reaches its limit.",
	230026:   "No permission to recall this message.",
	230027:   "Lack of necessary permissions",
	230028:   "The messages do NOT pass the audit.",
	230029:   "User has resigned.",
	230031:   "The message card has been sent for more than 14 days and can not be modified.",
	230033:   "The message was sent more than 7 days ago.",
	230049:   "The message is being sent.",
	230053:   "The user has stopped the bot from sending messages.",
	230054:   "This operation is not supported for this message type.",
	230055:   "The type of file upload does not match the type of message being sent.",
	230071:   "The operator is NOT the sender of the message.",
	230072:   "The message has reached the number of times it can be edited.",
	230099:   "Failed to create card content",
	230110:   "Action unavailable as the message has been deleted.",
	230052:   "The group does not allow this operation.",
	231001:   "reaction type is invalid",
	231002:   "The message does NOT support this operation",
	231003:   "The message does NOT exist or is not visible",
	231007:   "The operator is NOT the owner of the reaction",
	231010:   "The reaction does NOT exist",
	232001:   "Your request contains an invalid request parameter",
	232006:   "Your request contains an invalid chat_id",
	232009:   "Your request specifies a chat which has already been dissolved.",
	232011:   "Operator can NOT be out of the chat.",
	232013:   "The number of members in the chat reaches its limit.",
	232014:   "Operator has no permission to manage members of the chat.",
	232017:   "Operator has no permission: only owner or manager.",
	232019:   "The request rate of this chat is too high.",
	232024:   "Users do not have the visibility of the app.",
	232043:   "Your request contains unavailable ids.",
	232076:   "The owner can NOT be removed.",
	234001:   "Invalid request param.",
	234003:   "File not in msg.",
	234004:   "App not in chat.",
	234006:   "The file size exceed the max value.",
	234008:   "App is not the resource sender.",
	234010:   "File's size can't be 0.",
	234011:   "Can't recognize image format.",
	234043:   "Unsupported message type.",
	300020:   "invalid card token",
	300030:   "card token expired",
	300040:   "card token has been used up",
	99991400: "request trigger frequency limit",
	99991661: "Missing access token for authorization. Please make a request with token attached.",
	99991663: "Invalid access token for authorization. Please make a request with token attached.",
	99991671: "Invalid access token format: a tenant_access_token begins with t-.",
	99991672: "Access denied. One of the following scopes is required",
	99991673: "The app is not in use.",
	99992351: "The request contains invalid ids: not a valid open_id.",
	99992354: "The request contains invalid ids: not a valid message id.",
	99992356: "The request contains invalid ids: not a valid chat id.",
	99992361: "open_id cross app",
	99992402: "field validation failed",
}

// write answers with the error.
func (e *apiError) write(w http.ResponseWriter, logID string) {
	detail := map[string]any{"log_id": logID, "troubleshooter": "look the code up in the API's list of errors"}
	if len(e.scopes) > 0 {
		var missing []map[string]string
		for _, scope := range e.scopes {
			missing = append(missing, map[string]string{"type": "action_privilege_required", "subject": scope})
		}
		detail["permission_violations"] = missing
	}
	if e.code == 99991400 {
		w.Header().Set("x-ogw-ratelimit-limit", strconv.Itoa(e.limit))
		w.Header().Set("x-ogw-ratelimit-reset", strconv.FormatFloat(e.reset.Seconds(), 'f', 3, 64))
	}
	kernel.WriteJSON(w, statusOf(e.code), map[string]any{"code": e.code, "msg": e.msg, "error": detail})
}

// statusOf is the HTTP status that comes with a code: the old interfaces for tokens and cards answer 200.
func statusOf(code int) int {
	switch {
	case code == 99991400:
		return http.StatusTooManyRequests
	case code < 20000, code == 100000, code == 200000, code == 200310, code >= 300000 && code < 400000:
		return http.StatusOK
	}
	return http.StatusBadRequest
}

// writeFault answers a call that met a fault. A bare status from 500 on is a gateway's HTML page, as the real one sends.
func writeFault(w http.ResponseWriter, f kernel.Fault) {
	if f.ErrCode == 0 && f.HTTPStatus >= http.StatusInternalServerError {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.HTTPStatus)
		_, _ = fmt.Fprintf(w, "<html><head><title>%d %s</title></head></html>", f.HTTPStatus, http.StatusText(f.HTTPStatus))
		return
	}
	code, status := f.ErrCode, f.HTTPStatus
	if code == 0 && status == http.StatusTooManyRequests {
		code = 99991400
	}
	if status == 0 {
		status = statusOf(code)
	}
	if code == 99991400 && w.Header().Get("x-ogw-ratelimit-reset") == "" {
		w.Header().Set("x-ogw-ratelimit-limit", strconv.Itoa(perSecond))
		w.Header().Set("x-ogw-ratelimit-reset", "1")
	}
	w.Header().Set("X-Tt-Logid", newLogID(time.Now()))
	kernel.WriteJSON(w, status, map[string]any{"code": code, "msg": fail(code, "").msg, "error": map[string]any{}})
}

// asAPIError is the API's error inside err.
func asAPIError(err error) *apiError {
	var e *apiError
	if errors.As(err, &e) {
		return e
	}
	return fail(230001, "%v", err)
}
