"""Publishing (发布): one notice to many chats, its progress, and how every copy is changed or taken back."""
