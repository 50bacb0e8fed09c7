package tickets

import (
	"fmt"
	"strconv"
	"strings"
)

// CustomerLane is the lane towards a contact's conversation.
func CustomerLane(conversationID int64) Lane { return Lane(fmt.Sprintf("wecom:%d", conversationID)) }

// TopicLane is the lane of a ticket's Feishu topic.
func TopicLane(id TicketID) Lane { return Lane(fmt.Sprintf("topic:%d", id)) }

// CardLane is the lane of a ticket's live card: edits wait for their pace without holding up the topic.
func CardLane(id TicketID) Lane { return Lane(fmt.Sprintf("card:%d", id)) }

// DirectLane is the lane of the direct chat with a colleague.
func DirectLane(staffID int64) Lane { return Lane(fmt.Sprintf("direct:%d", staffID)) }

// ChatLane is the lane of a group, for words outside topics.
func ChatLane(chat RemoteID) Lane { return Lane("chat:" + string(chat)) }

// Platform is the platform that the lane leads to.
func (l Lane) Platform() Platform {
	if strings.HasPrefix(string(l), "wecom:") {
		return WeCom
	}
	return Feishu
}

// Conversation is the conversation of a customer lane, 0 for others.
func (l Lane) Conversation() int64 {
	if rest, ok := strings.CutPrefix(string(l), "wecom:"); ok {
		n, _ := strconv.ParseInt(rest, 10, 64)
		return n
	}
	return 0
}
