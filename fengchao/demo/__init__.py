"""The demonstration district that `manage.py seed` fills an empty database with.

Two stations, the names of streets and departments, and the six gifts come from the district's own published account.
Everything else is made up, carries 示例 where a person sees it, and must never pass for the real register: communities,
the other stations, outlets, people, telephone numbers, positions, opening hours and all that ever happened.
"""
