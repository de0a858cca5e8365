"""The WeChat channels on stage: emulated platforms, the real program between them, and a play that checks each step.

python -m tests.support.wechat.demo [--stay]
"""
