"""What people read: terminal, Markdown and one HTML file. Renders findings and records; estimates and asks nothing."""
